/** A figure of a dashboard: what it shows, by which queries, in which unit. */
export interface Panel {
  readonly title: string;
  /** What a reader should know about it. */
  readonly about: string;
  readonly unit: 's' | 'bytes' | 'short' | 'reqps' | 'percentunit' | 'Bps';
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
  /** A line that should not be crossed. */
  readonly limit?: number;
}

const perSecond = (metric: string, by: string, labels = '') =>
  `sum by (${by}) (rate(${metric}{$where${labels}}[$__rate_interval]))`;
const quantile = (share: number, metric: string, by = 'event_class') =>
  `histogram_quantile(${share}, sum by (le, ${by}) (rate(${metric}_bucket{$where}[$__rate_interval])))`;

/** Whether customers get their data: what an operator looks at first. */
export const customerPanels: readonly Panel[] = [
  {
    title: 'Freshness: the partition that is furthest behind',
    about: 'Everything older than this is in its lake, or parked. A saw of one window is normal.',
    unit: 's',
    queries: [
      {
        expr: 'max by (event_class) (tributary_registration_freshness_worst_seconds{$where})',
        legend: '{{event_class}}',
      },
    ],
    limit: 360,
  },
  {
    title: 'Events taken per second, by what became of them',
    about: 'Routed to the hand-off, rejected, or of no registration.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_consumer_events_total', 'outcome'), legend: '{{outcome}}' }],
  },
  {
    title: 'Rows per second, by what became of them',
    about: 'Delivered comes in bursts, one a window.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_flusher_rows_total', 'outcome'), legend: '{{outcome}}' }],
  },
  {
    title: 'Rejected events per second, by fault',
    about: 'Each fault has its entry in docs/runbook/faults.md.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_consumer_rejected_total', 'fault'), legend: '{{fault}}' }],
  },
  {
    title: 'Registrations whose own lake refuses',
    about: 'What is theirs waits in our bucket. Which ones they are, their status and receipts say.',
    unit: 'short',
    queries: [
      {
        expr: 'max by (event_class) (tributary_registration_held_back_registrations{$where})',
        legend: '{{event_class}}',
      },
    ],
  },
  {
    title: 'Parked bytes',
    about: 'What waits in our bucket for lakes that refuse.',
    unit: 'bytes',
    queries: [{ expr: 'sum by (event_class) (tributary_flusher_parked_bytes{$where})', legend: '{{event_class}}' }],
  },
  {
    title: 'Age of the oldest parked object',
    about: 'After 14 days it is given up.',
    unit: 's',
    queries: [
      { expr: 'max by (event_class) (tributary_flusher_parked_oldest_seconds{$where})', legend: '{{event_class}}' },
    ],
    limit: 604_800,
  },
  {
    title: 'REST answers per second, by status',
    about: 'The endpoint of the home region.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_registration_requests_total', 'status'), legend: '{{status}}' }],
  },
];

/** How the works run: what an operator looks at next. */
export const worksPanels: readonly Panel[] = [
  {
    title: 'Hand-off lag',
    about: 'How far consumers are behind. At rest it is 31 s: for so long an append may hide.',
    unit: 's',
    queries: [
      { expr: 'max by (event_class) (tributary_registration_handoff_lag_seconds{$where})', legend: '{{event_class}}' },
    ],
  },
  {
    title: 'Agent events that no consumer has taken',
    about: 'Consumers are scaled by it: pods are added while it stays up.',
    unit: 'short',
    queries: [
      { expr: 'sum by (event_class) (tributary_consumer_unprocessed_records{$where})', legend: '{{event_class}}' },
    ],
  },
  {
    title: 'Hand-off messages that no flusher has collected',
    about: 'Flushers are scaled by it. One message holds many rows.',
    unit: 'short',
    queries: [
      { expr: 'sum by (event_class) (tributary_flusher_unprocessed_records{$where})', legend: '{{event_class}}' },
    ],
  },
  {
    title: 'From append to hand-off, 99 % of batches',
    about: 'The age of the oldest event of a batch when it was committed.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'tributary_consumer_delay_seconds'), legend: '{{event_class}}' }],
  },
  {
    title: 'From a window’s cut to its commit, 99 %',
    about: 'Encoding, putting and committing.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'tributary_flusher_window_seconds'), legend: '{{event_class}}' }],
  },
  {
    title: 'Tries to put an object, 99 %',
    about: 'AssumeRole included where credentials were not at hand.',
    unit: 's',
    queries: [{ expr: quantile(0.99, 'tributary_flusher_put_seconds', 'outcome'), legend: '{{outcome}}' }],
  },
  {
    title: 'Tries to put an object that failed, by fault',
    about: 'A customer’s own refusals are here, too.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_flusher_put_faults_total', 'fault'), legend: '{{fault}}' }],
  },
  {
    title: 'Memory of flushers beside their budget',
    about: 'At 1 fetching pauses.',
    unit: 'percentunit',
    queries: [
      {
        expr: 'max by (instance) (tributary_flusher_buffered_bytes{$where} / tributary_flusher_buffered_bytes_max{$where})',
        legend: '{{instance}}',
      },
    ],
    limit: 1,
  },
  {
    title: 'Hand-off partitions, by state',
    about: 'One that stands needs a person.',
    unit: 'short',
    queries: [{ expr: 'sum by (state) (tributary_flusher_partitions{$where})', legend: '{{state}}' }],
  },
  {
    title: 'What holds consumers up',
    about: '1 while consumption of a partition pauses.',
    unit: 'short',
    queries: [{ expr: 'max by (fault) (tributary_consumer_paused{$where})', legend: '{{fault}}' }],
  },
  {
    title: 'Age of the mirror of registrations',
    about: 'Refreshed every five seconds by consumers, and with every window by flushers.',
    unit: 's',
    queries: [
      { expr: 'max(time() - tributary_consumer_mirror_timestamp_seconds{$where})', legend: 'consumers' },
      { expr: 'max(time() - tributary_flusher_mirror_timestamp_seconds{$where} > 0)', legend: 'flushers' },
    ],
  },
  {
    title: 'Event loop, 99 % of delays',
    about: 'The thread that sends heartbeats.',
    unit: 's',
    queries: [
      { expr: 'max by (job, instance) (nodejs_eventloop_lag_p99_seconds{$where})', legend: '{{job}} {{instance}}' },
    ],
  },
  {
    title: 'Resident memory',
    about: 'Of each process.',
    unit: 'bytes',
    queries: [
      { expr: 'max by (job, instance) (process_resident_memory_bytes{$where})', legend: '{{job}} {{instance}}' },
    ],
  },
  {
    title: 'Windows thrown away per second, by fault',
    about: 'They start again at the fence.',
    unit: 'reqps',
    queries: [{ expr: perSecond('tributary_flusher_restarts_total', 'fault'), legend: '{{fault}}' }],
  },
];
