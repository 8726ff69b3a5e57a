import { createHash } from 'node:crypto';
import { readEventPosition } from '@tributary/schemas/kafka/rejected.ts';
import { type OperationsReader, readOperations } from '../operations.ts';
import type { RejectedEntry } from './entries.ts';

/** What is known of an event that was requeued. */
export interface Mark {
  /** When last, ms since the epoch. */
  readonly at: number;
  /** `digestOf` its bytes; undefined where a release without digests wrote the mark. */
  readonly digest: string | undefined;
}

/** The marks of requeued events, by their positions. */
export type Marks = ReadonlyMap<string, Mark>;

/** The events that were requeued before. */
export async function requeuedBefore(kafka: OperationsReader): Promise<Map<string, Mark>> {
  const marks = new Map<string, Mark>();
  for (const one of await readOperations(kafka))
    if (one.kind === 'requeued') marks.set(one.event, { at: one.at, digest: one.digest });
  return marks;
}

/** SHA-256 of an event's bytes, lower-case hex. */
export const digestOf = (value: Uint8Array): string => createHash('sha256').update(value).digest('hex');

/**
 * The event that a record of this class and partition was before an operator requeued it; undefined where none was.
 *
 * Whoever may produce to the topic can write the header. So it is believed only where an operator's mark stands for the event
 * that it names, and the record has that event's partition and its very bytes: who forges it can say no more than is true.
 */
export function requeuedEvent(
  said: string | undefined,
  { eventClass, partition, value }: Pick<RejectedEntry, 'eventClass' | 'partition' | 'value'>,
  marks: Marks,
): string | undefined {
  const mark = said === undefined ? undefined : marks.get(said);
  if (said === undefined || mark === undefined || value === null) return undefined;
  const before = readEventPosition(said);
  if (before?.eventClass !== eventClass || before.partition !== partition) return undefined;
  return mark.digest === undefined || mark.digest === digestOf(value) ? said : undefined;
}

/** Whether the event was requeued, and was rejected once more. */
export const failedAgain = (entry: RejectedEntry, marks: Marks): boolean =>
  requeuedEvent(entry.requeuedFrom, entry, marks) !== undefined;
