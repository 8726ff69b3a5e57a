import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { LedgerEntry } from './ledger.ts';

/** What a feed has done so far. */
export interface FeedCounts {
  /** Acknowledged by the broker, per class. */
  readonly fed: Map<EventClass, number>;
  /** Events of a recording that no agent reports, by name. */
  readonly skipped: Map<string, number>;
}

/** Counts of nothing yet. */
export function emptyCounts(): FeedCounts {
  return { fed: new Map(eventClassNames.map((name) => [name, 0])), skipped: new Map() };
}

/** Adds what the broker acknowledged. */
export function countFed(counts: FeedCounts, entries: readonly LedgerEntry[]): void {
  for (const { eventClass } of entries) counts.fed.set(eventClass, counts.fed.get(eventClass)! + 1);
}

/** Adds an event that was skipped under `name`. */
export function countSkipped(counts: FeedCounts, name: string): void {
  counts.skipped.set(name, (counts.skipped.get(name) ?? 0) + 1);
}

/** How many events all classes have together. */
export function totalFed(counts: FeedCounts): number {
  return [...counts.fed.values()].reduce((sum, count) => sum + count, 0);
}

const perSecond = (count: number, elapsedMs: number) => Math.round((count * 1000) / Math.max(1, elapsedMs));
const grouped = (count: number) => count.toLocaleString('en-US');

/** One line for a log: how many events in all, and how many a second. */
export function progressLine(counts: FeedCounts, elapsedMs: number): string {
  const fed = totalFed(counts);
  return `${grouped(fed)} events in ${Math.round(elapsedMs / 1000)} s, ${grouped(perSecond(fed, elapsedMs))}/s`;
}

const barWidth = 30;

/** A table for a terminal: per class the events, the events a second, and a bar. `expected` is 0 where nobody knows. */
export function progressTable(counts: FeedCounts, elapsedMs: number, expected: number): string {
  const fed = totalFed(counts);
  const largest = Math.max(1, ...counts.fed.values());
  const rows = [...counts.fed].map(([name, count]) => {
    const bar = '█'.repeat(Math.round((count / largest) * barWidth));
    return `  ${name.padEnd(24)}${grouped(count).padStart(12)}${grouped(perSecond(count, elapsedMs)).padStart(9)}/s  ${bar}`;
  });
  const share = expected > 0 ? ` (${Math.floor((fed * 100) / expected)} %)` : '';
  return [...rows, `  ${progressLine(counts, elapsedMs)}${share}`].join('\n');
}

/** What was skipped, most first, one line each; empty when nothing was. */
export function skippedTable(counts: FeedCounts): string {
  const rows = [...counts.skipped].sort(([, one], [, other]) => other - one);
  return rows.map(([name, count]) => `  ${grouped(count).padStart(9)}  ${name}`).join('\n');
}
