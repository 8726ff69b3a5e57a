import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { Log, Metrics } from '@tributary/service';
import type { Publisher } from '@tributary/stream';
import type { SubscriptionStore } from '@tributary/subscriptions';
import type { DestinationRules } from './destination.ts';

/** What the steps ask of the applier: that Redis has come as far as the journal. */
export interface AppliedJournal {
  /** Resolves when Redis has everything that the journal had at the time of the call. */
  caughtUp(): Promise<void>;
  /** Resolves when Redis has the journal record at `offset`. */
  reached(offset: number): Promise<void>;
}

/** What the steps of a request may use. */
export interface Neighbours {
  readonly store: SubscriptionStore;
  readonly publisher: Publisher;
  readonly applied: AppliedJournal;
  readonly rules: DestinationRules;
  /** In which OCSF version new registrations are delivered. */
  readonly ocsfVersion: OcsfVersion;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ms since the epoch. */
  readonly now: () => number;
}
