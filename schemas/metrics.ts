interface MetricContract {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, in the unit of the name. Only for histograms. */
  readonly buckets?: readonly number[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Every metric of every service. No label is unbounded: figures per registration are in the receipts. */
export const metrics = {
  tributary_consumer_events_total: {
    kind: 'counter',
    help: 'Agent events taken from Kafka and handed off, by what became of them (routed, unsubscribed, rejected).',
    labels: ['event_class', 'outcome'],
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
  tributary_consumer_paused: { kind: 'gauge', help: '1 while consumption pauses, by fault.', labels: ['fault'] },
  tributary_flusher_rows_total: {
    kind: 'counter',
    help: 'Hand-off rows, by what became of them (collected, duplicate, delivered, dropped).',
    labels: ['event_class', 'outcome'],
  },
  tributary_flusher_objects_total: {
    kind: 'counter',
    help: 'Objects put, by outcome (created, already_there).',
    labels: ['event_class', 'outcome'],
  },
  tributary_flusher_put_faults_total: {
    kind: 'counter',
    help: 'Tries to put an object that failed, by fault.',
    labels: ['event_class', 'fault'],
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
  tributary_flusher_buffered_bytes: {
    kind: 'gauge',
    help: 'Bytes of hand-off messages in memory, all partitions.',
    labels: [],
  },
  tributary_flusher_partitions: {
    kind: 'gauge',
    help: 'Hand-off partitions of this flusher, by state (collecting, cutting, standing).',
    labels: ['state'],
  },
  tributary_registration_requests_total: {
    kind: 'counter',
    help: 'REST requests, by route and status.',
    labels: ['route', 'status'],
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
} as const satisfies Record<string, MetricContract>;

export type MetricName = keyof typeof metrics;
export type { MetricContract };
