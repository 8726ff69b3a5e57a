import type { EventClass } from '../event-classes.ts';
import type { FaultCode } from '../faults.ts';
import type { RegistrationId } from '../registration.ts';

/**
 * What became of rows: an object that is in the customer's lake, or rows that were dropped because their registration
 * ended. Receipts are written at least once: readers de-duplicate by `objectKey` (or by offsets, where it is absent).
 */
export interface Receipt {
  readonly outcome: 'delivered' | 'dropped';
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly eventClass: EventClass;
  readonly bucketName?: string;
  readonly objectKey?: string;
  readonly rows: number;
  readonly bytes: number;
  /** Of the object's bytes, lower-case hex. Absent where the object was there already (`alreadyThere`): its bytes may differ, its rows don't. */
  readonly sha256?: string;
  /** True when the conditional put answered 412: an earlier try had created the object. */
  readonly alreadyThere?: boolean;
  readonly handoffTopic: string;
  readonly handoffPartition: number;
  /** Hand-off offset of the first and of the last row. */
  readonly offsets: readonly [first: number, last: number];
  /** Event time of the earliest and the latest row, ms since the epoch. */
  readonly times: readonly [earliest: number, latest: number];
  /** When the flusher wrote this receipt, ms since the epoch. */
  readonly writtenAt: number;
  readonly fault?: FaultCode;
}
