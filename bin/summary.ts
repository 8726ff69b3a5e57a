/** How many tests (or checks) of a run ended how. A skipped one proves nothing and fails nothing. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of one kind of test and how long it took. */
export interface Outcome extends Counts {
  readonly kind: string;
  readonly milliseconds: number;
}

/** No test at all. */
export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** A line for each kind of test, and as the last line the totals: `N passed, N failed, N skipped`. */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const line = (kind: string, passed: string, failed: string, skipped: string, time: string) =>
    `${kind.padEnd(12)}${passed.padStart(8)}${failed.padStart(8)}${skipped.padStart(9)}${time.padStart(10)}`;
  const rows = outcomes.map(({ kind, passed, failed, skipped, milliseconds }) =>
    line(kind, String(passed), String(failed), String(skipped), seconds(milliseconds)),
  );
  const total = (key: keyof Counts) => outcomes.reduce((sum, outcome) => sum + outcome[key], 0);
  return [
    line('', 'passed', 'failed', 'skipped', 'time'),
    ...rows,
    '',
    `${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`,
  ].join('\n');
}
