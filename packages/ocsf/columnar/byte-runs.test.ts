import { describe, expect, it } from '@jest/globals';
import { ByteRuns } from './byte-runs.ts';

const view = (bytes: readonly number[]) => new DataView(Uint8Array.from(bytes).buffer);

describe('ByteRuns', () => {
  it('finds_a_run_that_came_before_and_none_that_differs_in_a_byte', () => {
    const run = Array.from({ length: 40 }, (_, at) => at);
    const other = run.with(39, 99);
    const runs = new ByteRuns(32, 7);
    runs.begin(view([...run, ...run, ...other, ...Array(64).fill(0)]), 3);
    expect(runs.find(0, 80)).toBe(-1);
    runs.keep(0, 40, 0);
    expect(runs.find(40, 80)).toBe(0);
    expect(runs.length).toBe(40);
    expect(runs.find(80, 120)).toBe(-1);
  });

  // A heap may end with its last record. Samples went as far beyond a short one as half of an average run.
  it('samples_no_byte_behind_the_end_of_the_heap', () => {
    const run = Array.from({ length: 12 }, (_, at) => at);
    const runs = new ByteRuns(2_000, 7);
    runs.begin(view([...run, ...run]), 2);
    expect(runs.find(12, 24)).toBe(-1);
    expect(() => runs.keep(12, 24, 1)).not.toThrow();
  });
});
