import type { Prober } from '@tributary/lake';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { OcsfVersion, RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log, Metrics } from '@tributary/service';
import type { Publisher } from '@tributary/stream';
import type { RequestStore, SubscriptionStore } from '@tributary/subscriptions';
import type { DestinationRules } from './destination.ts';
import type { KeyUse } from './key-use.ts';

/** What the steps ask of the applier: that Redis has come as far as the journal. */
export interface AppliedJournal {
  /** Resolves when Redis has everything that the journal had at the time of the call. */
  caughtUp(): Promise<void>;
  /** Resolves when Redis has the journal record at `offset`. */
  reached(offset: number): Promise<void>;
}

/** A receipt and where it stands: a later receipt has a larger position. */
export interface Delivery {
  readonly position: number;
  readonly receipt: Receipt;
}

/** What was delivered lately, as the receipts tell it. */
export interface Deliveries {
  /**
   * At most `limit` receipts of the registration, newest first, those before position `before` when it is given.
   * Undefined while they are not known.
   */
  recent(
    registration: RegistrationId,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly Delivery[] | undefined>;
}

/** How a registration fares. All times are ms since the epoch. */
export interface RegistrationStatus {
  /** `failing` from the first parked object on, `suspended` after 14 days of it. */
  readonly health: 'delivering' | 'failing' | 'suspended';
  /** Every event that arrived up to this time is in the lake. */
  readonly deliveredThrough?: number;
  readonly lastDeliveredAt?: number;
  /** Of this UTC day. */
  readonly today: { readonly rows: number; readonly bytes: number };
  readonly rejected: {
    readonly count: number;
    /** The last ones, newest first. */
    readonly last: readonly { readonly fault: FaultCode; readonly at: number }[];
  };
  readonly lastError?: { readonly fault: FaultCode; readonly since: number; readonly nextTry?: number };
}

/** Who knows how registrations fare. */
export interface Statuses {
  /** Undefined while it is not known. */
  of(record: RegistrationRecord): Promise<RegistrationStatus | undefined>;
}

/** How many requests a minute may come. */
export interface Rates {
  readonly perKey: number;
  readonly perAddress: number;
  /** Probes of one account: each asks STS a dozen times, whose allowance is that of all customers. */
  readonly probesPerAccount: number;
}

/** What the steps of a request may use. */
export interface Neighbours {
  readonly store: SubscriptionStore;
  readonly requests: RequestStore;
  readonly keyUse: Pick<KeyUse, 'used'>;
  readonly rates: Rates;
  /** After so long a probe is given up: see `longestProbeMs`. */
  readonly probeMs: number;
  readonly publisher: Publisher;
  readonly applied: AppliedJournal;
  readonly prober: Pick<Prober, 'probe'>;
  readonly deliveries: Deliveries;
  readonly statuses: Statuses;
  readonly rules: DestinationRules;
  /** In which OCSF version new registrations are delivered. */
  readonly ocsfVersion: OcsfVersion;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ms since the epoch. */
  readonly now: () => number;
}
