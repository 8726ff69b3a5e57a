import { rejectedHeaders, sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord, TopicPartition } from '@tributary/stream/stream.ts';
import type { Rejection } from './batch.ts';

/** A larger original stays in its source topic only; its position says where. */
export const originalBytesMax = 15 * 1024 * 1024;

/** Characters of a reason; a parser's message may quote the event. */
const reasonLengthMax = 500;

/** What is kept of an event that can't be delivered: its bytes as they came, where they came from, and why (invariant 7). */
export function rejectedRecord(source: TopicPartition, { record, fault, reason }: Rejection): OutgoingRecord {
  const tooLarge = record.value !== null && record.value.length > originalBytesMax;
  return {
    topic: rejectedTopic,
    partition: 0,
    key: sourceKey(source.topic, source.partition),
    value: tooLarge ? null : record.value,
    headers: {
      [rejectedHeaders.sourceTopic]: source.topic,
      [rejectedHeaders.sourcePartition]: String(source.partition),
      [rejectedHeaders.sourceOffset]: String(record.offset),
      [rejectedHeaders.fault]: fault,
      [rejectedHeaders.reason]: reason.slice(0, reasonLengthMax),
      ...(tooLarge && { [rejectedHeaders.bytesAtSource]: String(record.value.length) }),
    },
  };
}
