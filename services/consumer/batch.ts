import type { ActivityColumns } from '@tributary/ocsf/columnar/activity-columns.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { StreamRecord, TopicPartition } from '@tributary/stream/stream.ts';
import type { Neighbours } from './neighbours.ts';
import type { Workspace } from './workspace.ts';

/** Activities that were written alike, as columns. */
export interface Chunk {
  readonly columns: ActivityColumns;
  /** By row of the columns: the place of its record in the batch. */
  readonly places: Int32Array;
}

/** An event that can't be delivered, kept with the reason. */
export interface Rejection {
  readonly record: StreamRecord;
  readonly fault: FaultCode;
  readonly reason: string;
  /** The account that owns it, where a registration wants it. */
  readonly account?: string;
}

/** Records of one source partition, in offset order. */
export interface SourceBatch extends TopicPartition {
  readonly eventClass: EventClass;
  readonly records: readonly StreamRecord[];
}

/**
 * What the steps work on: a source batch and what has become of its events so far. An event is known by its *place*, the
 * number of its record in the batch, so places are in source-offset order.
 */
export interface Batch extends SourceBatch {
  readonly neighbours: Neighbours;
  readonly workspace: Workspace;
  /** When work on it began, ms since the epoch. */
  readonly startedAt: number;
  /** The activities, in columns; and by place those that columns don't take. */
  chunks: Chunk[];
  readonly alone: Map<number, Activity>;
  /** By place: the registration that wants the event. Undefined where there is none, or the event was rejected. */
  readonly owners: (RegistrationRecord | undefined)[];
  readonly rejected: Rejection[];
  /** How many events were dropped, by reason. */
  readonly dropped: Map<string, number>;
  /** Rows that have been handed off. */
  rowsPublished: number;
  /** Something of it may have landed: from here on only the committed offset says where to start again. */
  sending: boolean;
}

/** A batch at the start of its way. */
export function startBatch(source: SourceBatch, neighbours: Neighbours, workspace: Workspace): Batch {
  workspace.begin(source.records.length);
  return {
    ...source,
    neighbours,
    workspace,
    startedAt: neighbours.now(),
    chunks: [],
    alone: new Map(),
    owners: new Array(source.records.length).fill(undefined),
    rejected: [],
    dropped: new Map(),
    rowsPublished: 0,
    sending: false,
  };
}

/** Keeps an event with the reason, and its owner where it has one. It goes no further. */
export function reject(batch: Batch, place: number, fault: FaultCode, reason: string): void {
  const account = batch.owners[place]?.account;
  batch.owners[place] = undefined;
  batch.rejected.push({ record: batch.records[place]!, fault, reason, ...(account !== undefined && { account }) });
}

/** How much of a fetched batch goes through the pipeline at once; a value may be far larger than it was on the wire. */
export const portionLimits = { records: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** Cuts a fetched batch, in order, into portions that are each handed off and committed before the next one starts. */
export function* portionsOf(
  source: SourceBatch,
  limits: { readonly records: number; readonly bytes: number } = portionLimits,
): Generator<SourceBatch> {
  let from = 0;
  let bytes = 0;
  for (const [index, { value }] of source.records.entries()) {
    const size = value?.length ?? 0;
    if (index > from && (index - from >= limits.records || bytes + size > limits.bytes)) {
      yield { ...source, records: source.records.slice(from, index) };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  yield { ...source, records: source.records.slice(from) };
}
