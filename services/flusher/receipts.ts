import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { eventClassOfTopic } from '@tributary/schemas/kafka/topics.ts';
import { objectKey } from '@tributary/schemas/lake/object-key.ts';
import type { ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import type { EncodedObject, OwnedPartition } from './partition.ts';
import { windowIdOf } from './window-log.ts';

/** The part of a receipt that says which rows it is about. */
export type ReceiptSubject = Omit<Receipt, 'outcome'>;

/** The rows of an object of a window. */
export function subjectOf(owned: OwnedPartition, { planned, parquet }: EncodedObject): ReceiptSubject {
  return {
    registration: planned.registration,
    generation: planned.generation,
    eventClass: owned.eventClass,
    rows: planned.rows.row.length,
    bytes: parquet.bytes.byteLength,
    handoffTopic: owned.topic,
    handoffPartition: owned.partition,
    offsets: planned.offsets,
    times: planned.times,
    ...named(windowIdOf(owned)),
    writtenAt: owned.parts.now(),
  };
}

const named = (window: string | undefined): Pick<Receipt, 'window'> => (window === undefined ? {} : { window });

/** The rows of a parked object of `bytes` bytes. */
export function parkedSubject(facts: ParkedFacts, bytes: number, writtenAt: number): ReceiptSubject {
  const { registration, generation, rows, handoffTopic, handoffPartition, offsets, times, window } = facts;
  const eventClass: EventClass = eventClassOfTopic(handoffTopic)!;
  return {
    ...{ registration, generation, eventClass, rows, bytes },
    ...{ handoffTopic, handoffPartition, offsets, times, ...named(window), writtenAt },
  };
}

/** The key of an object at a destination. */
export function keyAt(
  { prefix }: Destination,
  region: AwsRegion,
  object: { readonly objectAccount: string; readonly eventDay: string; readonly name: string },
): string {
  return objectKey(prefix, region, object.objectAccount, object.eventDay, object.name);
}

/** What a receipt says of an object that is in its lake: its digest is known only to who created it. */
export function deliveredAt(
  { bucketName }: Destination,
  objectKey: string,
  created: boolean,
  sha256: string,
): Partial<Receipt> {
  return created ? { bucketName, objectKey, sha256 } : { bucketName, objectKey, alreadyThere: true };
}
