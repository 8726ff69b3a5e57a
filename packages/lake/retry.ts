import { type Fault, faultContract } from '@tributary/schemas/faults.ts';

/** All tries of one registration's objects in one window that fail, pauses included. */
export const retryBudgetMs = 30_000;
/** All puts of one registration in one window, those that succeed included: others share its partition. */
export const windowBudgetMs = 60_000;
/** A lake that takes fewer bytes in a second than this counts as one that doesn't work. */
export const slowestBytesPerSecond = 1_048_576;
const firstPauseMs = 200;
const longestPauseMs = 5_000;

/** How long the slowest lake that works takes for so many bytes: no try that goes on so fast is given up. */
export function msToPut(bytes: number): number {
  return (1_000 * bytes) / slowestBytesPerSecond;
}

/** A try that failed, and what is left after it. */
export interface FailedTry {
  readonly fault: Fault;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The time left for other tries. */
  readonly leftMs: number;
  /** 0 up to 1, drawn anew for each try. */
  readonly random: number;
}

/**
 * How long to wait before the next try, in ms; undefined when there is none: the fault isn't one to try again now, or the
 * pause would not end within the time that is left. Pauses double up to 5 s and lie between half and the whole of that, so that
 * many writers don't come back at once. Ended credentials are renewed without a pause the first time.
 */
export function pauseBeforeRetry({ fault, attempt, leftMs, random }: FailedTry): number | undefined {
  if (faultContract(fault.code).retry !== 'now') return undefined;
  const whole = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  const pause = fault.code === 'credentials-expired' && attempt === 1 ? 0 : Math.round(whole * (0.5 + random / 2));
  return pause < leftMs ? pause : undefined;
}
