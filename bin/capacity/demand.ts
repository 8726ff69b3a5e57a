import type { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';

/** What a home region is to carry. */
export interface Demand {
  /** Events a second, on average over a day, all classes together. */
  readonly eventsPerSecond: number;
  /** Registrations in all: a customer has one for each of its classes. */
  readonly registrations: number;
  /** AWS accounts that a registration's events are of, hosts outside of AWS as one more: an object each. */
  readonly accounts: number;
  /** Event classes that are in use, 1 to 6. */
  readonly classes: number;
  /** The busiest hour beside the average. */
  readonly peak: number;
  /** The share of events that comes as JSON, 0 to 1. */
  readonly jsonShare: number;
  readonly windowSeconds: number;
  /** A flusher's ENCODER_THREADS and CUT_BYTES_MAX. */
  readonly encoderThreads: number;
  readonly cutBytesMax: number;
  /** A consumer's LINGER_MS, in seconds: so often a partition makes a batch at most. */
  readonly lingerSeconds: number;
  readonly layout: keyof typeof clusterLayouts;
}
