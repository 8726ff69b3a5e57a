import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log, Metrics } from '@tributary/service';
import type { GroupMember, Publisher } from '@tributary/stream/stream.ts';
import type { Workspaces } from './workspace.ts';

/**
 * Reads one Avro value (without the five bytes of the wire format). Throws when the bytes do not fit its schema. `schema`
 * is the writer's, as JSON; undefined where nobody knows it.
 */
export interface AvroDecoder {
  (bytes: Buffer): unknown;
  readonly schema?: unknown;
}

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

/** All that the steps use, handed in. */
export interface Neighbours {
  readonly decoders: Decoders;
  readonly subscriptions: Subscriptions;
  readonly workspaces: Workspaces;
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
