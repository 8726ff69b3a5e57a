import { type EventClass, eventClassNames } from '../event-classes.ts';

/**
 * Header names of a record on `rejected`; its value is the original bytes, its key `<source topic>-<source partition>`.
 * Of a batch that can't be decoded there is one record: the position is that of its first event, the value the whole
 * batch as Kafka keeps it, and the reason names the first and last offset.
 */
export const rejectedHeaders = {
  sourceTopic: 'source-topic',
  sourcePartition: 'source-partition',
  sourceOffset: 'source-offset',
  /** Only where it isn't 0: how often an operator has made the source topic anew. Each time its offsets start again. */
  sourceEpoch: 'source-epoch',
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
 *
 * Whoever may produce to an agent topic can write it, so it is a claim: no service decides anything by it, and an
 * operator's command believes it only of an event whose mark in `operations` it fits.
 */
export const requeuedHeader = 'requeued-from';

/** Where an event lies: in its class' agent topic, which is the `epoch`-th of its name. */
export interface EventPosition {
  readonly eventClass: EventClass;
  readonly partition: number;
  readonly offset: number;
  readonly epoch: number;
}

/**
 * Names an event by where it lies: `<event class>/<partition>/<offset>` of its agent topic, with `@<epoch>` behind it where
 * the topic was made anew: other events had the same offsets before.
 */
export function eventPosition({ eventClass, partition, offset, epoch }: EventPosition): string {
  return `${eventClass}/${partition}/${offset}${epoch === 0 ? '' : `@${epoch}`}`;
}

const position = /^([a-z-]+)\/(\d{1,15})\/(\d{1,15})(?:@([1-9]\d{0,9}))?$/;

/** The position that `eventPosition` names so; undefined where the text is no name of an event. */
export function readEventPosition(text: string): EventPosition | undefined {
  const [, name, partition, offset, epoch] = position.exec(text) ?? [];
  const eventClass = eventClassNames.find((one) => one === name);
  if (eventClass === undefined) return undefined;
  return { eventClass, partition: Number(partition), offset: Number(offset), epoch: Number(epoch ?? 0) };
}

/** The key of a record on `rejected` or on a hand-off topic: where its bytes came from. */
export function sourceKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
