import { metrics } from '@tributary/schemas/metrics.ts';
import { type Pace, range } from './pace.ts';

/** A service level objective: which share of what happens must be good, and how to tell. */
export interface Objective {
  readonly name: string;
  /** What is promised, in a sentence. */
  readonly promise: string;
  /** The share that must be good, 0 to 1. */
  readonly target: number;
  /** The labels that it is told apart by. */
  readonly by: readonly string[];
  /** The share of bad ones over a range, as a query. */
  readonly bad: (range: string) => string;
}

/** How much later than a window an event may be in its lake. */
export const freshnessGraceSeconds = 60;

const freshness = 'tributary_registration_freshness_seconds';
const requests = 'tributary_registration_requests_total';

/** The bucket that says whether a sample is fresh: that of the window and the grace, or the next larger one. */
export function freshBucket({ windowSeconds }: Pace): number {
  const wanted = windowSeconds + freshnessGraceSeconds;
  const bucket = metrics[freshness].buckets.find((bound) => bound >= wanted);
  if (bucket === undefined) throw new Error(`${freshness} has no bucket for windows of ${windowSeconds} s`);
  return bucket;
}

/** What we promise of a region. */
export function objectivesOf(pace: Pace): readonly Objective[] {
  return [
    {
      name: 'freshness',
      promise: `Of all looks at a hand-off partition, 99 % find everything that arrived more than ${freshBucket(pace)} s ago delivered or parked.`,
      target: 0.99,
      by: ['event_class'],
      bad: (over) =>
        `1 - sum by (event_class) (rate(${freshness}_bucket{le="${freshBucket(pace)}"}[${over}])) / sum by (event_class) (rate(${freshness}_count[${over}]))`,
    },
    {
      name: 'endpoint',
      promise: 'Of all REST requests, 99.9 % are answered with another status than 5xx.',
      target: 0.999,
      by: [],
      bad: (over) =>
        `(sum(rate(${requests}{status=~"5.."}[${over}])) or vector(0)) / (sum(rate(${requests}[${over}])) > 0)`,
    },
  ];
}

/** A pair of ranges over which the budget may burn only so fast. Source: Google, The Site Reliability Workbook, chapter 5. */
export interface BurnWindow {
  readonly severity: 'page' | 'ticket';
  /** How many times faster than the whole month's budget allows. */
  readonly factor: number;
  readonly longSeconds: number;
  readonly shortSeconds: number;
}

/** 2 % of a month's budget in an hour and 5 % in six wake somebody; 10 % in three days are a ticket. */
export const burnWindows: readonly BurnWindow[] = [
  { severity: 'page', factor: 14.4, longSeconds: 3_600, shortSeconds: 300 },
  { severity: 'page', factor: 6, longSeconds: 21_600, shortSeconds: 1_800 },
  { severity: 'ticket', factor: 1, longSeconds: 259_200, shortSeconds: 21_600 },
];

/** Every range over which an objective's bad share is recorded, in seconds, shortest first. */
export const burnRanges: readonly number[] = [
  ...new Set(burnWindows.flatMap(({ longSeconds, shortSeconds }) => [shortSeconds, longSeconds])),
].sort((one, other) => one - other);

/** The name under which the bad share over a range is recorded. It names the range at the pace of production. */
export function badShare(objective: string, seconds: number, pace: Pace): string {
  return `tributary:${objective}_bad:ratio_rate_${range(seconds, { ...pace, scale: 1, rangeSecondsMin: 0 })}`;
}
