import { describe, expect, it } from '@jest/globals';
import { countJest } from './kinds.ts';
import { summaryOf } from './summary.ts';

const report = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 0,
};

describe('the summary of a test run', () => {
  it('ends_with_the_totals_and_nothing_after_them', () => {
    const text = summaryOf([
      { kind: 'lint', passed: 1, failed: 0, skipped: 0, milliseconds: 900 },
      { kind: 'unit', passed: 40, failed: 2, skipped: 3, milliseconds: 12_345 },
    ]);
    expect(text.split('\n').at(-1)).toBe('41 passed, 2 failed, 3 skipped');
    expect(text).toMatch(/unit\s+40\s+2\s+3\s+12\.3 s/);
  });

  it('counts_what_jest_reports', () => {
    expect(countJest(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  it('counts_a_suite_that_could_not_be_run_as_a_failure', () => {
    expect(countJest({ ...report, numRuntimeErrorTestSuites: 1 }, 1)).toMatchObject({ failed: 1 });
  });

  it('never_calls_a_run_good_that_jest_called_bad_or_that_left_no_report', () => {
    expect(countJest(report, 1)).toMatchObject({ failed: 1 });
    expect(countJest(undefined, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});
