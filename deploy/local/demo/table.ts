import Table from 'cli-table3';
import type { ClassTotals } from './completeness.ts';

/** What the live table shows beside the totals: how many events of a class consumers have handed off. */
export type Routed = ReadonlyMap<string, number>;

const number = new Intl.NumberFormat('en-US');

/** The table of what flows, for a person: one line per class and a line of sums. */
export function flowTable(totals: readonly ClassTotals[], routed: Routed, now: number): string {
  const head = [
    'class',
    'produced',
    'routed',
    'waiting',
    'delivered',
    'rejected',
    'not registered',
    'objects',
    'newest event',
  ];
  const table = new Table({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [] },
  });
  for (const row of totals)
    table.push([row.eventClass, ...figures(row, routed.get(row.eventClass) ?? 0), ageOf(row.newest, now)]);
  const sum = sumOf(totals);
  table.push([
    'all',
    ...figures(
      sum,
      [...routed.values()].reduce((all, one) => all + one, 0),
    ),
    ageOf(sum.newest, now),
  ]);
  return table.toString();
}

function figures(row: Omit<ClassTotals, 'eventClass'>, routed: number): string[] {
  return [row.fed, routed, row.waiting, row.delivered, row.rejected, row.notRegistered, row.objects].map((value) =>
    number.format(value),
  );
}

function sumOf(totals: readonly ClassTotals[]): Omit<ClassTotals, 'eventClass'> {
  const add = (key: 'fed' | 'delivered' | 'rejected' | 'notRegistered' | 'waiting' | 'objects') =>
    totals.reduce((sum, row) => sum + row[key], 0);
  const times = totals.flatMap(({ newest }) => newest ?? []);
  return {
    fed: add('fed'),
    delivered: add('delivered'),
    rejected: add('rejected'),
    notRegistered: add('notRegistered'),
    waiting: add('waiting'),
    objects: add('objects'),
    newest: times.length > 0 ? Math.max(...times) : undefined,
  };
}

/** How long ago `time` was, in the largest unit that fits. */
export function ageOf(time: number | undefined, now: number): string {
  if (time === undefined) return '-';
  const seconds = Math.max(0, Math.round((now - time) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h ago`;
  return `${number.format(Math.round(seconds / 86_400))} days ago`;
}
