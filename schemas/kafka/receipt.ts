import type { EventClass } from '../event-classes.ts';
import type { FaultCode } from '../faults.ts';
import type { RegistrationId } from '../registration.ts';

/** What can become of the rows of an object. */
export const receiptOutcomes = ['delivered', 'parked', 'dropped'] as const;

/**
 * What became of rows: an object that is in the customer's lake, one that waits in our own bucket because the customer's
 * refuses it (`parked`, once more after each further try that failed; a later receipt of the same key says how it
 * ended), or rows that were dropped because their registration ended. A receipt is durable before the commit that
 * covers its offsets. Receipts are written at least once: readers de-duplicate by `objectKey` (or by offsets, where it is
 * absent).
 */
export interface Receipt {
  readonly outcome: (typeof receiptOutcomes)[number];
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
  /** The window that delivered or parked it first, by `windowId`: also in receipts of its redelivery. Absent in those of replays. */
  readonly window?: string;
  /** Event time of the earliest and the latest row, ms since the epoch. */
  readonly times: readonly [earliest: number, latest: number];
  /**
   * The id of the plan, where a person sent the rows again (`tributary replay`). The place is then the plan's own: the
   * topic `operations`, partition 0, and the number of its range in place of both offsets. It is no ordinary delivery and
   * counts in no figure of the registration.
   */
  readonly replay?: string;
  /** When the flusher wrote this receipt, ms since the epoch. */
  readonly writtenAt: number;
  /** Why it is parked or dropped. */
  readonly fault?: FaultCode;
  /** Of a parked object: when it is tried again, ms since the epoch. */
  readonly nextTry?: number;
}

/**
 * Names a window by where it lies in the hand-off, `<topic>/<partition>/<offset of its cut>`: the same in logs, traces and
 * receipts, and the same when another process redoes the window.
 */
export function windowId(handoffTopic: string, handoffPartition: number, cutOffset: number): string {
  return `${handoffTopic}/${handoffPartition}/${cutOffset}`;
}

/** The receipt that the value of a record holds; undefined when it is none that this release can read. */
export function decodeReceipt(value: string): Receipt | undefined {
  try {
    const receipt = JSON.parse(value) as Partial<Receipt>;
    const { outcome, registration, eventClass, offsets, times } = receipt;
    const numbers = [receipt.generation, receipt.rows, receipt.bytes, receipt.handoffPartition, receipt.writtenAt];
    const readable =
      receiptOutcomes.some((known) => known === outcome) &&
      typeof registration === 'string' &&
      registration.endsWith(`/${eventClass}`) &&
      [...numbers, offsets?.[0], offsets?.[1], times?.[0], times?.[1]].every(Number.isSafeInteger);
    return readable ? (receipt as Receipt) : undefined;
  } catch {
    return undefined;
  }
}
