import type { Parking, Patience } from '@tributary/lake';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { Fault, FaultCode } from '@tributary/schemas/faults.ts';
import type { JournalledCut } from '@tributary/schemas/kafka/handoff-commit.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import type { Destination, RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log, Metrics } from '@tributary/service';
import type { FencedCommitter, Offset, PartitionEnds } from '@tributary/stream';
import type { Collector } from './collector.ts';
import type { ParquetObject } from './encode-worker.ts';
import type { PutLimits } from './p-limit.ts';
import type { JustParked, Redelivery } from './parking/redelivery.ts';
import type { PlannedObject, RowReferences } from './plan.ts';
import type { Signal } from './signal.ts';
import type { WindowLimits } from './window.ts';

/** An object of the cut as Parquet. */
export interface EncodedObject {
  readonly planned: PlannedObject;
  readonly parquet: ParquetObject;
}

/** Everything of [committed offset, `upTo`) is in its lake or dropped with a receipt. Only this moves an offset. */
export interface Durable {
  readonly upTo: Offset;
}

/** The registrations as the flusher needs them: what has ended, and where each generation goes. */
export interface Registrations {
  /** Throws a Fault when it can't be known: unknown is not empty. */
  refresh(): Promise<unknown>;
  byId(registration: RegistrationId): RegistrationRecord | undefined;
}

/** Turns rows of hand-off messages into Parquet objects, off the thread that owns the Kafka connection. */
export interface Encoder {
  encode(
    messages: readonly Uint8Array<SharedArrayBuffer>[],
    objects: readonly RowReferences[],
    /** Ends the work: nobody waits for it any more. */
    signal?: AbortSignal,
  ): Promise<ParquetObject[]>;
}

/** The lake didn't take the object. */
export interface Refused {
  readonly outcome: 'refused';
  readonly fault: Fault;
  /** True when every try was answered with a refusal that proves that nothing was written. */
  readonly certain: boolean;
}

/** What became of an object that was put, after tries for as long as the patience lasted. */
export type StoreAnswer = { readonly outcome: 'created' | 'already-there' } | Refused;

/** Puts one object, trying again for a while. Rejects only with the signal's reason, or with what is no fault of a lake. */
export interface ObjectStore {
  put(request: {
    readonly destination: Destination;
    readonly externalId: string;
    readonly key: string;
    readonly body: Uint8Array;
    /** Of the body, lower-case hex. */
    readonly sha256: string;
    readonly signal: AbortSignal;
    readonly patience: Patience;
    /** Holds a place for each try. */
    readonly place?: <T>(attempt: () => Promise<T>) => Promise<T>;
    /** Told of each try that failed. */
    readonly onFault: (fault: FaultCode) => void;
  }): Promise<StoreAnswer>;
}

/** What every partition of a flusher shares. */
export interface FlusherParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ms since the epoch, for what is aligned to the clock or written down. It may jump. */
  readonly now: () => number;
  /** Ms on a clock that only goes forward, for how long something takes. */
  readonly elapsed: () => number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly randomHex: (bytes: number) => string;
  readonly region: AwsRegion;
  readonly limits: WindowLimits & { readonly partRows: number };
  readonly registrations: Registrations;
  readonly encoder: Encoder;
  readonly store: ObjectStore;
  /** Our own bucket for what lakes refuse. */
  readonly parking: Parking;
  readonly puts: PutLimits;
  readonly publishReceipts: (receipts: readonly Receipt[]) => Promise<void>;
  readonly committer: (topic: string, partition: number) => FencedCommitter;
  readonly ends: (topic: string, partition: number) => Promise<PartitionEnds>;
  /** Reads the partition from `offset` on; what was fetched before is not delivered. */
  readonly seek: (topic: string, partition: number, offset: Offset) => void;
}

/** One hand-off partition while it is ours: the context of the pipeline's steps. */
export interface OwnedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly eventClass: EventClass;
  readonly spreadMs: number;
  readonly parts: FlusherParts;
  readonly log: Log;
  /** Aborts when the partition is not ours any more. */
  readonly released: AbortSignal;
  /** True while the flusher stops: the window under way is finished if it is cut already, and no other is begun. */
  readonly draining: () => boolean;
  /** Notified when messages were collected or the clock ticked. */
  readonly changed: Signal;
  /** Undefined until the fence: messages that arrive before are forgotten. */
  collector: Collector | undefined;
  committer: FencedCommitter | undefined;
  /** Everything before it is committed for certain, also while the partition stands still. Undefined until the fence. */
  committed: Offset | undefined;
  incarnation: string;
  openedAt: number;
  /** The cut that is journalled and being delivered. */
  cut: JournalledCut | undefined;
  /** When the cut was chosen or found, ms since the epoch. */
  cutAt: number;
  /** The same moment on the clock of `elapsed`. */
  cutSince: number;
  encoded: readonly EncodedObject[];
  durable: Durable | undefined;
  /** What the window parked; redelivered once the window is committed. */
  parked: readonly JustParked[];
  readonly redelivery: Redelivery;
  /** True while the cut is one that was journalled before: nobody knows what was tried of it. */
  redone: boolean;
  /** The last moment of which it is known that we were the owner, on the clock of `elapsed`. */
  provenAt: number;
  /** Why our own bucket keeps the window waiting. */
  parkingFault: Fault | undefined;
  /** What was found out about the partition while messages arrived: the next step throws it. */
  broken: Fault | undefined;
}

/** A number of its own for each hand-off partition of the cluster, to spread windows. */
export function partitionIndex(eventClass: EventClass, partition: number): number {
  return eventClassNames.indexOf(eventClass) + partition * eventClassNames.length;
}
