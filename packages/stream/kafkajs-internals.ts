import { createRequire } from 'node:module';
import type { UndecodableBatch } from './stream.ts';

/**
 * The parts inside kafkajs 2.2.4 that its public interface doesn't reach, typed as far as we use them. kafkajs is pinned to
 * this version and has no later one; the contract suite fails when any of this stops being true.
 */

interface ProtocolRequest {
  readonly request: { readonly apiKey: number; readonly apiVersion: number };
  readonly response: FetchResponseFormat;
}

/** How kafkajs reads an answer: bytes to values, then values to values or an error. */
export interface FetchResponseFormat {
  decode(bytes: Buffer): Promise<unknown>;
  parse(response: unknown): Promise<unknown>;
}

/** A record as kafkajs decodes it. Offsets and times are decimal strings. */
export interface RawMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[] | undefined>;
  readonly isControlRecord: boolean;
  readonly undecodable?: UndecodableMessage['undecodable'];
}

/** Ours: stands in the place of a batch that can't be decoded, at its last offset. */
export interface UndecodableMessage extends RawMessage {
  readonly undecodable: Omit<UndecodableBatch, 'topic' | 'partition'>;
}

/** One broker, as the cluster hands it out. */
export interface Broker {
  readonly connectionPool: { send(request: ProtocolRequest): Promise<unknown> };
  fetch(request: {
    replicaId: number;
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
  syncGroup(request: { memberId: string; generationId: number }): Promise<unknown>;
  offsetCommit(request: {
    groupId: string;
    memberId: string;
    groupGenerationId: number;
    topics: { topic: string; partitions: { partition: number; offset: string; metadata: string }[] }[];
  }): Promise<unknown>;
}

/** The connections of one consumer, with what it knows of the cluster. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  fetchTopicsOffset(
    topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(options: { nodeId: string }): Promise<Broker>;
  findGroupCoordinator(options: { groupId: string }): Promise<Broker>;
}

/** Reads the primitives of the Kafka protocol. */
export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readString(): string;
  readArray<T>(read: (decoder: Decoder) => T): T[];
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

/** A record batch of format 2, as far as it is used. */
interface RecordBatch {
  readonly records: RawMessage[];
}

/** What kafkajs hands to `eachBatch`; `messages` are without the control records. */
export interface FetchedBatch {
  readonly fetchedOffset: string;
  readonly rawMessages: RawMessage[];
  readonly messages: RawMessage[];
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const require = createRequire(import.meta.url);

/** The decoder of a buffer. */
export const DecoderOf = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
/** Decodes the next record batch, decompressed. */
export const decodeRecordBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: Decoder,
) => Promise<RecordBatch>;
/** The error of an error code in an answer. */
export const protocolError = (require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error })
  .createErrorFromCode;

const RequestQueueOf = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };

/**
 * kafkajs arms a timer with a negative delay after every answer, and Node warns about each process that does. Nothing
 * is to be scheduled when no request waits and none is throttled.
 */
export function repairRequestQueue(): void {
  const queue = RequestQueueOf.prototype as RequestQueue & { repaired?: true };
  if (queue.repaired) return;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  queue.repaired = true;
}
