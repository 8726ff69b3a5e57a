import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@tributary/schemas/faults.ts';
import { errorType } from './kafkajs-client.ts';
import { refusalOf } from './kafkajs-refusal.ts';
import { RecordsTooLarge } from './records-too-large.ts';

const concurrentPauseMs = 20;
const concurrentTries = 500;
const refusals = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID'];
const sizes = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/**
 * Does the first thing of a transaction, and tries again while the markers of the one before are still being written:
 * kafkajs doesn't, and nothing of this one has begun.
 */
export async function asFirst<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (errorType(error) !== 'CONCURRENT_TRANSACTIONS' || tried === concurrentTries) throw error;
      await sleep(concurrentPauseMs);
    }
  }
}

/**
 * What an error of a transaction means: `fenced` where the broker refused this producer, `kafka-refuses` where the user lacks
 * one of the rights in `needs`, `RecordsTooLarge` where it refused their size, else `offsets-unknown`.
 */
export function transactionFault(error: unknown, needs: string): Fault {
  const refusal = refusalOf(error, needs);
  if (refusal !== undefined) return refusal;
  const type = errorType(error);
  if (type !== undefined && sizes.includes(type)) return new RecordsTooLarge(type, { cause: error });
  const isFenced = type !== undefined && refusals.includes(type);
  const detail = type ?? (error as Error).message;
  return new Fault(isFenced ? 'fenced' : 'offsets-unknown', detail, { cause: error });
}
