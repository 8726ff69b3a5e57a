import type { EventClass } from '../event-classes.ts';

/**
 * Header names of a record on `rejected`; its value is the original bytes, its key `<source topic>-<source partition>`.
 * Of a batch that can't be decoded there is one record: the position is that of its first event, the value the whole
 * batch as Kafka keeps it, and the reason names the first and last offset.
 */
export const rejectedHeaders = {
  sourceTopic: 'source-topic',
  sourcePartition: 'source-partition',
  sourceOffset: 'source-offset',
  fault: 'fault',
  reason: 'reason',
  /** Only where a registration wants the event: the account with us that owns it. */
  account: 'account',
  /** Only where it has a key: that of the original record. */
  originalKey: 'original-key',
  /** Only where the value is too large to be kept here: how many bytes lie at the source position. */
  bytesAtSource: 'bytes-at-source',
} as const;

/**
 * Header of a record on an agent topic that an operator produced again: which rejected event it was, by `eventPosition`.
 * Where that is rejected once more, the record on `rejected` has it too.
 */
export const requeuedHeader = 'requeued-from';

/** Names an event by where it lies: `<event class>/<partition>/<offset>` of its agent topic. */
export function eventPosition(eventClass: EventClass, partition: number, offset: number): string {
  return `${eventClass}/${partition}/${offset}`;
}

/** The key of a record on `rejected` or on a hand-off topic: where its bytes came from. */
export function sourceKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
