import type { FaultCode } from '@tributary/schemas/faults.ts';
import { rejectedHeaders, requeuedHeader, sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord, TopicPartition, UndecodableBatch } from '@tributary/stream/stream.ts';
import type { Rejection } from './batch.ts';

/** A larger original stays in its source topic only; its position says where. */
export const originalBytesMax = 15 * 1024 * 1024;

/** Bytes of a key or header that is kept; an endpoint's id is far shorter. */
const originalKeyMax = 1_024;

/** Characters of a reason; a parser's message may quote the event. */
const reasonLengthMax = 500;

/** Where an event lies, offset aside: `epoch` tells the topic from those of its name before it was made anew. */
export interface Source extends TopicPartition {
  readonly epoch: number;
}

/** What is kept of an event that can't be delivered: its bytes as they came, where they came from, and why (invariant 7). */
export function rejectedRecord(source: Source, { record, fault, reason, account }: Rejection): OutgoingRecord {
  const tooLarge = record.value !== null && record.value.length > originalBytesMax;
  const value = tooLarge ? null : record.value;
  const { offset, key } = record;
  const requeued = record.headers[requeuedHeader];
  return keptRecord(source, { value, offset, key, requeued, fault, reason, size: record.value?.length, account });
}

/** What is kept of a whole batch that nobody can decode: one record, at the batch's first offset, with its raw bytes. */
export function rejectedBatchRecord(batch: UndecodableBatch, epoch: number): OutgoingRecord {
  const { topic, partition, firstOffset, lastOffset, reason, bytes, size } = batch;
  return keptRecord(
    { topic, partition, epoch },
    {
      value: bytes ?? null,
      offset: firstOffset,
      fault: 'undecodable-batch',
      reason: `offsets ${firstOffset} to ${lastOffset}: ${reason}`,
      size,
    },
  );
}

interface Kept {
  /** Null where the original is too large, or has none. */
  readonly value: Buffer | null;
  readonly offset: number;
  readonly key?: Buffer | null;
  /** Which rejected event it was before, where an operator sent it on its way again. */
  readonly requeued?: Buffer | undefined;
  readonly fault: FaultCode;
  readonly reason: string;
  /** Bytes of the original; undefined where it has no value. */
  readonly size: number | undefined;
  readonly account?: string | undefined;
}

function keptRecord(source: Source, kept: Kept): OutgoingRecord {
  const { value, offset, key, requeued, fault, reason, size, account } = kept;
  return {
    topic: rejectedTopic,
    partition: 0,
    key: sourceKey(source.topic, source.partition),
    value,
    headers: {
      [rejectedHeaders.sourceTopic]: source.topic,
      [rejectedHeaders.sourcePartition]: String(source.partition),
      [rejectedHeaders.sourceOffset]: String(offset),
      ...(source.epoch !== 0 && { [rejectedHeaders.sourceEpoch]: String(source.epoch) }),
      [rejectedHeaders.fault]: fault,
      [rejectedHeaders.reason]: reason.slice(0, reasonLengthMax),
      ...(account !== undefined && { [rejectedHeaders.account]: account }),
      ...(key && key.length <= originalKeyMax && { [rejectedHeaders.originalKey]: key }),
      ...(requeued && requeued.length <= originalKeyMax && { [requeuedHeader]: requeued }),
      ...(value === null && size !== undefined && { [rejectedHeaders.bytesAtSource]: String(size) }),
    },
  };
}
