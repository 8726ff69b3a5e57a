import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';

export const eventClass: EventClass = 'file-activity';
export const registration: RegistrationId = `123456789012/${eventClass}`;
/** 2026-03-04T12:00:00Z. */
export const noon = Date.UTC(2026, 2, 4, 12);

/** The key of the object number `at`. */
export function keyOf(at: number): string {
  const name = (BigInt(at + 1) * 0x9e3779b97f4a7c15n).toString(16).padStart(32, '0').slice(-16).repeat(2);
  return `ext/file/1.0/region=us-east-1/accountId=external_123456789012/eventDay=20260304/${name}.parquet`;
}

/** A receipt of the object number `at`: delivered, with hand-off offsets 10 * at to 10 * at + 9. */
export function receiptOf(at: number, changes: Partial<Receipt> = {}): Receipt {
  return {
    outcome: 'delivered',
    registration,
    generation: 2,
    eventClass,
    bucketName: 'aws-security-data-lake-us-east-1-abc',
    objectKey: keyOf(at),
    rows: 10,
    bytes: 1_000,
    sha256: (BigInt(at + 7) * 0x9e3779b97f4a7c15n).toString(16).padStart(64, '0').slice(-64),
    handoffTopic: handoffTopic(eventClass),
    handoffPartition: 1,
    offsets: [10 * at, 10 * at + 9],
    times: [noon - 60_000, noon - 1],
    writtenAt: noon + at,
    ...changes,
  };
}
