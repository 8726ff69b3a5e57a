import { type Fault, faultContract } from '@tributary/schemas/faults.ts';

/** All tries of one registration's objects in one window, pauses included. */
export const retryBudgetMs = 30_000;
const firstPauseMs = 200;
const longestPauseMs = 5_000;

/** A try that failed, and what was spent until then. */
export interface FailedTry {
  readonly fault: Fault;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly spentMs: number;
  readonly budgetMs: number;
  /** 0 up to 1, drawn anew for each try. */
  readonly random: number;
}

/**
 * How long to wait before the next try, in ms; undefined when there is none: the fault isn't one to try again now, or the
 * pause would not end within the budget. Pauses double up to 5 s and lie between half and the whole of that, so that
 * many writers don't come back at once. Ended credentials are renewed without a pause the first time.
 */
export function pauseBeforeRetry({ fault, attempt, spentMs, budgetMs, random }: FailedTry): number | undefined {
  if (faultContract(fault.code).retry !== 'now') return undefined;
  const whole = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  const pause = fault.code === 'credentials-expired' && attempt === 1 ? 0 : Math.round(whole * (0.5 + random / 2));
  return spentMs + pause < budgetMs ? pause : undefined;
}
