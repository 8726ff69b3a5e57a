import { type Column, tableOf } from './report-table.ts';
import type { RunFigures } from './run.ts';

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0);
const thousands = (count: number) => count.toLocaleString('en-US');
const peak = (memory: Readonly<Record<string, number>>, service: string) =>
  Math.max(...Object.entries(memory).flatMap(([name, mebibytes]) => (name.startsWith(service) ? [mebibytes] : [])));

const count = /\d{1,3}(,\d{3})*/;
const seconds = /\d+(\.\d)? s/;

/** The figures of a run that the table of `docs/reliability.md` has. */
export type SeedFigures = Omit<RunFigures, 'unseenAllowedSeconds'>;

/** The table of long runs in `docs/reliability.md`. */
export const seedColumns: readonly Column<SeedFigures>[] = [
  { head: 'seed', cell: ({ seed }) => seed, shape: /\d+/ },
  { head: 'faults', cell: ({ faults }) => sum(faults), shape: /\d+/ },
  { head: 'events', cell: ({ events }) => thousands(events), shape: count },
  { head: 'unknown sends', cell: ({ unknownSends }) => thousands(unknownSends), shape: count },
  { head: 'objects', cell: ({ objects }) => thousands(objects), shape: count },
  { head: 'lost', cell: ({ lost }) => lost, shape: /0/ },
  { head: 'doubled', cell: ({ duplicated }) => duplicated, shape: /0/ },
  { head: 'misrouted', cell: ({ misrouted }) => misrouted, shape: /0/ },
  {
    head: 'misjudged, invalid, offsets back',
    cell: ({ misjudged, invalid, wentBack }) => misjudged + invalid + wentBack,
    shape: /0/,
  },
  { head: 'all there after healing', cell: ({ unseenSeconds }) => `${unseenSeconds} s`, shape: seconds },
  { head: 'longest recovery', cell: ({ longestRecovery }) => `${longestRecovery.seconds} s`, shape: seconds },
  {
    head: 'freshness p50 / p99 / max',
    cell: ({ freshness: { p50, p99, max } }) => `${p50} / ${p99} / ${max} s`,
    shape: /\d+(\.\d)? \/ \d+(\.\d)? \/ \d+(\.\d)? s/,
  },
  {
    head: 'most memory of a consumer / flusher',
    cell: ({ peakMemory }) => `${peak(peakMemory, 'consumer')} / ${peak(peakMemory, 'flusher')} MiB`,
    shape: /\d+ \/ \d+ MiB/,
  },
];

/** The seeds of these runs that missed something for longer than two windows after all was healed. */
export const lateSeeds = (runs: readonly SeedFigures[]): number[] =>
  runs.flatMap(({ seed, unseenSeconds, windowSeconds }) => (unseenSeconds > 2 * windowSeconds ? [seed] : []));

/** The table of these runs, in the order of their seeds. */
export function tableOfSeeds(runs: readonly SeedFigures[]): string {
  return tableOf(
    seedColumns,
    runs.toSorted((a, b) => a.seed - b.seed),
  );
}
