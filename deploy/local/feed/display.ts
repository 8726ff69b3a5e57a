import { createLogUpdate } from 'log-update';
import { type FeedCounts, progressLine, progressTable } from './progress.ts';

const tableEveryMs = 200;
const lineEveryMs = 5_000;

/**
 * Shows how a feed goes on until `stop`, which shows where it ended and may be called twice: a table that stays in place
 * on a terminal, a line now and then elsewhere.
 */
export function showProgress(
  counts: FeedCounts,
  options: { readonly expected: number; readonly out: NodeJS.WriteStream; readonly now: () => number },
): { stop(): void } {
  const { out, now, expected } = options;
  const startedAt = now();
  const table = out.isTTY ? createLogUpdate(out) : undefined;
  const show = () => {
    if (table) table(progressTable(counts, now() - startedAt, expected));
    else out.write(`${progressLine(counts, now() - startedAt)}\n`);
  };
  const timer = setInterval(show, table ? tableEveryMs : lineEveryMs);
  let stopped = false;
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      if (table) {
        show();
        table.done();
      } else out.write(`${progressTable(counts, now() - startedAt, 0)}\n`);
    },
  };
}
