import { eventClassNames } from './event-classes.ts';

interface MetricContract {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Every value of the label `outcome`, where there is one and all are known. */
  readonly outcomes?: readonly string[];
  /** The services that have it, where its name doesn't say so. */
  readonly services?: readonly string[];
  /** Upper bounds, in the unit of the name. Only for histograms. */
  readonly buckets?: readonly number[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** For what takes a window or more: 360 is the freshness that we promise with windows of five minutes. */
const freshnessSeconds = [15, 30, 45, 60, 90, 120, 180, 240, 300, 330, 360, 420, 600, 1_800, 3_600, 21_600, 86_400];

/** Every metric of every service. No label is unbounded: figures per registration are in the receipts. */
export const metrics = {
  tributary_consumer_events_total: {
    kind: 'counter',
    help: 'Agent events taken from Kafka and handed off, by what became of them (routed, unsubscribed, rejected).',
    labels: ['event_class', 'outcome'],
    outcomes: ['routed', 'unsubscribed', 'rejected'],
  },
  tributary_consumer_rejected_total: {
    kind: 'counter',
    help: 'Agent events written to `rejected`, by fault.',
    labels: ['event_class', 'fault'],
  },
  tributary_consumer_batch_seconds: {
    kind: 'histogram',
    help: 'Time from a fetched batch to its commit.',
    labels: ['event_class'],
    buckets: seconds,
  },
  tributary_consumer_delay_seconds: {
    kind: 'histogram',
    help: 'Age of the oldest event of a batch (since the broker appended it) when the batch was committed.',
    labels: ['event_class'],
    buckets: seconds,
  },
  tributary_consumer_bytes_total: {
    kind: 'counter',
    help: 'Bytes of the values of agent events that were taken from Kafka and handed off or rejected.',
    labels: ['event_class'],
  },
  tributary_consumer_unprocessed_records: {
    kind: 'gauge',
    help: 'Agent events in this consumer’s partitions that it has not handed off yet. Summed over all consumers: the work that waits.',
    labels: ['event_class'],
  },
  tributary_consumer_paused: { kind: 'gauge', help: '1 while consumption pauses, by fault.', labels: ['fault'] },
  tributary_consumer_buffered_bytes: {
    kind: 'gauge',
    help: 'Bytes of fetched events in memory that are not committed yet, all partitions.',
    labels: [],
  },
  tributary_flusher_rows_total: {
    kind: 'counter',
    help: 'Hand-off rows, by what became of them (collected, duplicate, delivered, parked, dropped); those redelivered later are not counted again.',
    labels: ['event_class', 'outcome'],
    outcomes: ['collected', 'duplicate', 'delivered', 'parked', 'dropped'],
  },
  tributary_flusher_objects_total: {
    kind: 'counter',
    help: 'Objects of windows, by outcome (created, already_there, parked).',
    labels: ['event_class', 'outcome'],
    outcomes: ['created', 'already_there', 'parked'],
  },
  tributary_flusher_put_faults_total: {
    kind: 'counter',
    help: 'Tries to put an object that failed, by fault.',
    labels: ['event_class', 'fault'],
  },
  tributary_flusher_put_seconds: {
    kind: 'histogram',
    help: 'Time of one try to put an object, AssumeRole included, by outcome (created, already_there, failed).',
    labels: ['outcome'],
    outcomes: ['created', 'already_there', 'failed'],
    buckets: seconds,
  },
  tributary_flusher_put_bytes_total: {
    kind: 'counter',
    help: 'Bytes of the objects that were created in the lakes.',
    labels: [],
  },
  tributary_flusher_buffered_bytes_max: {
    kind: 'gauge',
    help: 'At so many bytes in memory (see tributary_flusher_buffered_bytes) fetching pauses.',
    labels: [],
  },
  tributary_flusher_paused_partitions: {
    kind: 'gauge',
    help: 'Hand-off partitions that are not fetched at the moment, as memory or their own cut is full, or as they stand still.',
    labels: [],
  },
  tributary_flusher_window_seconds: {
    kind: 'histogram',
    help: 'Time from a window’s cut to its commit.',
    labels: ['event_class'],
    buckets: seconds,
  },
  tributary_flusher_restarts_total: {
    kind: 'counter',
    help: 'Windows thrown away to start again at the fence, by fault (unexpected where it was no fault of the closed list).',
    labels: ['event_class', 'fault'],
  },
  tributary_flusher_unprocessed_records: {
    kind: 'gauge',
    help: 'Hand-off messages in this flusher’s partitions that it has not collected yet. Summed over all flushers: the work that waits.',
    labels: ['event_class'],
  },
  tributary_flusher_buffered_bytes: {
    kind: 'gauge',
    help: 'Bytes of hand-off messages, and of objects made of them that wait to be put, in memory; all partitions.',
    labels: [],
  },
  tributary_flusher_partitions: {
    kind: 'gauge',
    help: 'Hand-off partitions of this flusher, by state (collecting, cutting, standing).',
    labels: ['state'],
  },
  tributary_flusher_parked_objects: {
    kind: 'gauge',
    help: 'Parked objects of this flusher’s hand-off partitions.',
    labels: ['event_class'],
  },
  tributary_flusher_parked_bytes: {
    kind: 'gauge',
    help: 'Bytes of the parked objects of this flusher’s hand-off partitions.',
    labels: ['event_class'],
  },
  tributary_flusher_parked_oldest_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest known parked object of this flusher’s hand-off partitions; 0 when there is none.',
    labels: ['event_class'],
  },
  tributary_flusher_parked_ends_total: {
    kind: 'counter',
    help: 'Parked objects that were delivered or given up, by outcome (redelivered, ended, expired, dropped).',
    labels: ['event_class', 'outcome'],
    outcomes: ['redelivered', 'ended', 'expired', 'dropped'],
  },
  tributary_flusher_redelivery_faults_total: {
    kind: 'counter',
    help: 'Tries to deliver a parked object that failed, by fault.',
    labels: ['event_class', 'fault'],
  },
  tributary_flusher_parking_away: {
    kind: 'gauge',
    help: '1 while windows wait because our own bucket for parked objects does not take an object.',
    labels: [],
  },
  tributary_stuck_partitions: {
    kind: 'gauge',
    help: 'Partitions that stand still although their log goes on, as the watchdog last saw them.',
    labels: [],
    services: ['consumer', 'flusher'],
  },
  tributary_client_restarts_total: {
    kind: 'counter',
    help: 'Restarts of the Kafka client for partitions that stood still.',
    labels: [],
    services: ['consumer', 'flusher'],
  },
  tributary_registration_requests_total: {
    kind: 'counter',
    help: 'REST requests, by route and status.',
    labels: ['route', 'status'],
  },
  tributary_registration_request_seconds: {
    kind: 'histogram',
    help: 'Time from a REST request to its answer, by route.',
    labels: ['route'],
    buckets: seconds,
  },
  tributary_registration_probes_total: {
    kind: 'counter',
    help: 'Destinations that were tried out, by what was found (ok, a fault, unavailable).',
    labels: ['outcome'],
  },
  tributary_registration_journal_offset: {
    kind: 'gauge',
    help: 'Offset of the last journal record applied to Redis.',
    labels: [],
  },
  tributary_registration_freshness_seconds: {
    kind: 'histogram',
    help: 'How long ago everything that had arrived was delivered or parked: one sample for each hand-off partition every few seconds.',
    labels: ['event_class'],
    buckets: freshnessSeconds,
  },
  tributary_registration_freshness_worst_seconds: {
    kind: 'gauge',
    help: 'How long ago everything that had arrived was delivered or parked, of the hand-off partition that is furthest behind.',
    labels: ['event_class'],
  },
  tributary_registration_unknown_partitions: {
    kind: 'gauge',
    help: 'Hand-off partitions of which nobody can say how fresh their lakes are: never committed, or of a log that is gone.',
    labels: ['event_class'],
  },
  tributary_registration_handoff_lag_seconds: {
    kind: 'gauge',
    help: 'How long ago everything that had arrived was handed off by the consumers, of the agent partition that is furthest behind.',
    labels: ['event_class'],
  },
  tributary_registration_held_back_registrations: {
    kind: 'gauge',
    help: 'Registrations with parked objects: their own lakes refuse what we deliver.',
    labels: ['event_class'],
  },
  tributary_registration_held_back_seconds: {
    kind: 'gauge',
    help: 'How far the registration that is furthest behind is behind, parked objects included; 0 while none has any.',
    labels: ['event_class'],
  },
  tributary_registration_looked_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the figures of freshness were last brought up to date, s since the epoch.',
    labels: [],
  },
  tributary_consumer_mirror_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the copy of the registrations in memory last agreed with Redis and the journal, s since the epoch.',
    labels: [],
  },
  tributary_flusher_mirror_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the copy of the registrations in memory last agreed with Redis and the journal, s since the epoch.',
    labels: [],
  },
} as const satisfies Record<string, MetricContract>;

export type MetricName = keyof typeof metrics;
export type { MetricContract };

/** Every metric that a process of this service has on its page from its start on. */
export function metricsOf(service: string): readonly [MetricName, MetricContract][] {
  const all = Object.entries(metrics) as [MetricName, MetricContract][];
  return all.filter(
    ([name, { services }]) => name.startsWith(`tributary_${service}_`) || (services?.includes(service) ?? false),
  );
}

/**
 * The label sets of a metric that are known before anything happens. They start at 0, so that the first event counts as an
 * increase; none where a label has values that only show themselves (a fault, a route).
 */
export function knownLabels({ labels, outcomes }: MetricContract): readonly Readonly<Record<string, string>>[] {
  const values: Readonly<Record<string, readonly string[] | undefined>> = {
    event_class: eventClassNames,
    outcome: outcomes,
  };
  let sets: Readonly<Record<string, string>>[] = [{}];
  for (const label of labels)
    sets = sets.flatMap((set) => (values[label] ?? []).map((value) => ({ ...set, [label]: value })));
  return sets;
}
