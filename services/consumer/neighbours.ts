import type { HandoffRow } from '@tributary/ocsf';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { StepOutcome } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfVersion, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log, Metrics } from '@tributary/service';
import type { GroupMember, Offset, Publisher } from '@tributary/stream/stream.ts';

/** Reads one Avro value (without the five bytes of the wire format). Throws when the bytes do not fit its schema. */
export type AvroDecoder = (bytes: Buffer) => unknown;

/** The schema registry, as far as it is asked. */
export interface Decoders {
  /**
   * Rejects with `Fault('unknown-schema-id')` or, where the schema is not Avro's, `Fault('undecodable-avro')`; with
   * `Fault('schema-registry-unavailable')` when the registry doesn't answer.
   */
  decoderOf(schemaId: number): Promise<AvroDecoder>;
}

/** The registrations, as of the last refresh; without one that succeeded `find` throws. */
export interface Subscriptions {
  refresh(): Promise<void>;
  /** The registration of `account` while it is active. */
  find(account: string, eventClass: EventClass): RegistrationRecord | undefined;
}

/** Where an event was read from. */
export interface SourcePosition {
  readonly partition: number;
  readonly offset: Offset;
  readonly epoch: number;
}

/**
 * The work that needs no neighbour but the processor: activity to row, rows to bytes. It is behind an interface so that
 * it can move to worker threads.
 */
export interface Mapping {
  /** `arrivedAt` (ms) is the clock for rules about time. */
  normalise(
    activity: Activity,
    registration: RegistrationRecord,
    source: SourcePosition,
    arrivedAt: number,
  ): StepOutcome<HandoffRow>;
  /** The Arrow message of rows of one OCSF version. */
  encode(eventClass: EventClass, version: OcsfVersion, rows: readonly HandoffRow[]): Buffer | Promise<Buffer>;
  /** Names the columns that `encode` writes. */
  fingerprint(eventClass: EventClass, version: OcsfVersion): string;
}

/** All that the steps use, handed in. */
export interface Neighbours {
  readonly decoders: Decoders;
  readonly subscriptions: Subscriptions;
  readonly mapping: Mapping;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly member: Pick<GroupMember, 'commit'>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Resolves after a turn of the event loop, in which heartbeats go out. */
  readonly turn: () => Promise<void>;
  /** Partitions of each hand-off topic: the cluster's layout. */
  readonly handoffPartitions: number;
  /** The source epoch of an agent topic. */
  readonly epochOf: (topic: string) => number;
}
