import { pageOf } from './alert.ts';
import { alerts } from './alerts.ts';
import { badShare, burnRanges, objectivesOf } from './objectives.ts';
import { held, type Pace, range } from './pace.ts';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly interval?: string; readonly rules: readonly Rule[] }[];
}

/** Shares over days change slowly, and cost more to compute. */
const longSeconds = 21_600;

/** The recorded shares, by name, of one pace. */
export function recordedShares(pace: Pace): Rule[] {
  return objectivesOf(pace).flatMap(({ name, bad }) =>
    burnRanges.map((seconds) => ({ record: badShare(name, seconds, pace), expr: bad(range(seconds, pace)) })),
  );
}

/**
 * What goes in and out in a day, for dashboards. It is no proof: counters of a process that ends are lost with what it
 * counted last. What proves it is that no offset moves before its events add up (see the runbook, events-unaccounted).
 */
export function recordedBalance(pace: Pace): Rule[] {
  const day = range(86_400, pace);
  const sum = (metric: string, outcome: string) =>
    `sum by (event_class) (increase(${metric}{outcome=~"${outcome}"}[${day}]))`;
  return [
    { record: 'tributary:events_taken:increase1d', expr: sum('tributary_consumer_events_total', '.+') },
    { record: 'tributary:events_handed_off:increase1d', expr: sum('tributary_consumer_events_total', 'routed') },
    { record: 'tributary:rows_collected:increase1d', expr: sum('tributary_flusher_rows_total', 'collected') },
    {
      record: 'tributary:rows_settled:increase1d',
      expr: sum('tributary_flusher_rows_total', 'delivered|parked|dropped'),
    },
  ];
}

/** All rules at a pace, as a Prometheus server reads them. */
export function rulesAt(pace: Pace): RuleGroups {
  const interval = pace.scale === 1 ? { interval: '30s' } : {};
  const slow = pace.scale === 1 ? { interval: '5m' } : {};
  const shares = recordedShares(pace);
  const isLong = ({ record }: Rule) =>
    burnRanges.some(
      (seconds) =>
        seconds > longSeconds && objectivesOf(pace).some(({ name }) => record === badShare(name, seconds, pace)),
    );
  return {
    groups: [
      { name: 'tributary-shares', ...interval, rules: shares.filter((rule) => !isLong(rule)) },
      { name: 'tributary-days', ...slow, rules: [...shares.filter(isLong), ...recordedBalance(pace)] },
      { name: 'tributary-alerts', ...interval, rules: alerts.map((alert) => alertRule(alert, pace)) },
    ],
  };
}

function alertRule(alert: (typeof alerts)[number], pace: Pace): Rule {
  return {
    alert: alert.name,
    expr: alert.expr(pace),
    ...(alert.forSeconds === 0 ? {} : { for: held(alert.forSeconds, pace) }),
    labels: { severity: alert.severity, service: 'tributary' },
    annotations: { summary: alert.summary, runbook: pageOf(alert) },
  };
}
