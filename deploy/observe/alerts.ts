import type { Alert } from './alert.ts';
import { badShare, burnWindows, objectivesOf } from './objectives.ts';
import { type Pace, productionPace, range } from './pace.ts';

const puts = 'tributary_flusher_put_seconds_count';
const events = 'tributary_consumer_events_total';

/** Refusals of one customer's lake, which nobody but that customer can put right. */
const refusals = 'role-refused|put-refused|bucket-missing';

/** Whether an objective's budget burns too fast at this severity, over the longer and the shorter range of one window. */
function burns(objective: string, severity: 'page' | 'ticket') {
  return (pace: Pace): string => {
    const { target } = objectivesOf(pace).find(({ name }) => name === objective)!;
    return burnWindows
      .filter((window) => window.severity === severity)
      .map(({ factor, longSeconds, shortSeconds }) => {
        const over = (seconds: number) =>
          `${badShare(objective, seconds, pace)} > ${Number((factor * (1 - target)).toFixed(6))}`;
        return `(${over(longSeconds)} and ${over(shortSeconds)})`;
      })
      .join(' or ');
  };
}

/** A handing-off that is late by so much is no wave of load any more. The figure itself is never below 31 s: what an append may hide. */
const lagSecondsMax = (pace: Pace) => Math.max(60, 180 * pace.scale);

/** What customers feel: their data late, lost or refused. */
const ofCustomers: readonly Alert[] = [
  {
    name: 'FreshnessBurns',
    severity: 'page',
    expr: burns('freshness', 'page'),
    forSeconds: 120,
    summary: '{{ $labels.event_class }} reaches the lakes too late: the month’s budget for that burns within days.',
  },
  {
    name: 'FreshnessErodes',
    severity: 'ticket',
    expr: burns('freshness', 'ticket'),
    forSeconds: 900,
    summary: '{{ $labels.event_class }} reached the lakes too late too often in the last days.',
  },
  {
    name: 'EndpointFails',
    severity: 'page',
    expr: burns('endpoint', 'page'),
    forSeconds: 120,
    summary: 'The REST endpoint answers too many requests with 5xx.',
  },
  {
    name: 'EndpointErodes',
    severity: 'ticket',
    expr: burns('endpoint', 'ticket'),
    forSeconds: 900,
    summary: 'The REST endpoint answered too many requests with 5xx in the last days.',
  },
  {
    name: 'EventsUnaccounted',
    severity: 'page',
    expr: () => 'max(tributary_consumer_paused{fault="unaccounted"}) > 0',
    forSeconds: 0,
    summary: 'A consumer found events without a fate and stopped before it lost them.',
  },
  {
    name: 'PartitionStands',
    severity: 'page',
    expr: () =>
      'sum(tributary_flusher_partitions{state="standing"}) > 0 or sum(tributary_consumer_paused{fault=~"source-gap|topic-recreated|unexpected"}) > 0',
    forSeconds: 60,
    summary: 'A partition stands still until somebody has looked: its customers get nothing.',
  },
  {
    name: 'RejectedSurge',
    severity: 'page',
    expr: (pace) => {
      const rate = (labels: string) => `sum by (event_class) (rate(${events}${labels}[${range(600, pace)}]))`;
      return `${rate('{outcome="rejected"}')} > 0.05 * ${rate('')} and ${rate('{outcome="rejected"}')} > 0.2`;
    },
    forSeconds: 300,
    summary: 'More than 5 % of {{ $labels.event_class }} is rejected: customers miss it until it is produced again.',
  },
  {
    name: 'DuplicatesSurge',
    severity: 'page',
    expr: (pace) => {
      const rate = (outcomes: string) =>
        `sum by (event_class) (rate(tributary_flusher_rows_total{outcome=~"${outcomes}"}[${range(900, pace)}]))`;
      return `${rate('duplicate')} > 0.5 * ${rate('collected|duplicate')} and ${rate('duplicate')} > 0.2`;
    },
    forSeconds: 600,
    summary:
      'More than half of the rows of {{ $labels.event_class }} are dropped as seen before: if they are not, customers miss them.',
  },
  {
    name: 'LakeRefuses',
    severity: 'ticket',
    expr: (pace) =>
      `sum by (event_class) (tributary_registration_held_back_registrations) > 0 or sum by (event_class) (rate(tributary_flusher_put_faults_total{fault=~"${refusals}"}[${range(900, pace)}])) > 0`,
    forSeconds: 900,
    summary: 'The lake of at least one customer refuses {{ $labels.event_class }}.',
  },
  {
    name: 'LakesRefuse',
    severity: 'page',
    expr: (pace) => {
      const rate = (outcome: string) => `sum(rate(${puts}{outcome=~"${outcome}"}[${range(900, pace)}]))`;
      return `${rate('created|already_there')} < 0.05 * ${rate('.+')} and ${rate('failed')} > 0`;
    },
    forSeconds: 300,
    summary: 'Nearly every try to put an object fails, for all customers: it is us, STS or S3.',
  },
];

/** What will be felt by customers soon. */
const ofTheWorks: readonly Alert[] = [
  {
    name: 'SubscriptionsAway',
    severity: 'page',
    expr: (pace) =>
      `max(tributary_consumer_paused{fault=~"subscriptions-.+"}) > 0 or max(time() - tributary_consumer_mirror_timestamp_seconds) > ${Math.max(15, 120 * pace.scale)}`,
    forSeconds: 120,
    summary: 'Redis is away, empty or behind the journal: consumers pause, and nothing is dropped.',
  },
  {
    name: 'KafkaRefuses',
    severity: 'page',
    expr: (pace) =>
      `max(tributary_consumer_paused{fault="kafka-refuses"}) > 0 or sum(rate(tributary_flusher_restarts_total{fault="kafka-refuses"}[${range(300, pace)}])) > 0`,
    forSeconds: 60,
    summary:
      'Kafka refuses a service what it must do: its user lacks a right. Its customers get nothing until it has it.',
  },
  {
    name: 'HandoffLags',
    severity: 'page',
    expr: (pace) => `max by (event_class) (tributary_registration_handoff_lag_seconds) > ${lagSecondsMax(pace)}`,
    forSeconds: 120,
    summary: 'Consumers don’t keep up with {{ $labels.event_class }}, or one of them hangs.',
  },
  {
    name: 'ProcessDown',
    severity: 'page',
    expr: () => 'up{job=~"(.*-)?(consumer|flusher|registration)"} == 0',
    forSeconds: 180,
    summary: '{{ $labels.job }} at {{ $labels.instance }} doesn’t answer.',
  },
  {
    name: 'FlusherMemoryFull',
    severity: 'page',
    expr: () =>
      'max by (instance) (tributary_flusher_buffered_bytes / tributary_flusher_buffered_bytes_max) > 0.95 or (max by (instance) (tributary_flusher_paused_partitions) > 0 and max by (instance) (tributary_flusher_buffered_bytes / tributary_flusher_buffered_bytes_max) > 0.8)',
    forSeconds: 300,
    summary: 'The flusher at {{ $labels.instance }} holds as much as it may, and doesn’t fetch.',
  },
  {
    name: 'PartitionStuck',
    severity: 'page',
    expr: () => 'sum by (job, instance) (tributary_stuck_partitions) > 0',
    forSeconds: 180,
    summary: '{{ $labels.job }} at {{ $labels.instance }} gets nothing of a partition whose log goes on.',
  },
  {
    name: 'ParkingAway',
    severity: 'page',
    expr: () => 'max(tributary_flusher_parking_away) > 0',
    forSeconds: 300,
    summary: 'Our own bucket takes no parked objects: whoever shares a partition with a refusing lake waits.',
  },
  {
    name: 'ParkedTooLong',
    severity: 'ticket',
    expr: () => 'max by (event_class) (tributary_flusher_parked_oldest_seconds) > 7 * 86400',
    forSeconds: 900,
    summary: 'Objects of {{ $labels.event_class }} have been parked for a week: after two they are given up.',
  },
  {
    name: 'FlusherStartsOver',
    severity: 'ticket',
    expr: (pace) =>
      `sum by (fault) (rate(tributary_flusher_restarts_total{fault!="fenced"}[${range(1800, pace)}])) > 0.005`,
    forSeconds: 900,
    summary: 'Flushers throw windows away again and again ({{ $labels.fault }}).',
  },
  {
    name: 'EventLoopBusy',
    severity: 'ticket',
    expr: () => 'max by (job, instance) (nodejs_eventloop_lag_p99_seconds) > 2',
    forSeconds: 900,
    summary: '{{ $labels.job }} at {{ $labels.instance }} is too busy to send its heartbeats in time.',
  },
  {
    name: 'FreshnessUnknown',
    severity: 'ticket',
    expr: (pace) =>
      `min(tributary_registration_unknown_partitions) > 0 or time() - max(tributary_registration_looked_timestamp_seconds) > ${Math.max(30, 300 * pace.scale)}`,
    forSeconds: 900,
    summary: 'Nobody can say how fresh the lakes are.',
  },
];

/** Every alert there is. */
export const alerts: readonly Alert[] = [...ofCustomers, ...ofTheWorks];

/** The queries of all alerts as they run in production. */
export const alertQueries: readonly string[] = alerts.map(({ expr }) => expr(productionPace));
