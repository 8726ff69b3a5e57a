import { setTimeout as pauseFor } from 'node:timers/promises';
import { Fault } from '@tributary/schemas/faults.ts';
import pRetry from 'p-retry';
import type { Lake, PutAnswer, PutRequest } from './lake.ts';
import { pauseBeforeRetry, retryBudgetMs } from './retry.ts';

/** The budget of a put, and the clock, chance and waiting that it uses. */
export interface RetryOptions {
  /** What is left of the registration's budget for this window. */
  readonly budgetMs?: number;
  /** ms on a clock that doesn't jump. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Waits; rejects when the signal aborts. Timers of Node when absent. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told of each failed try, also the last. `pauseMs` is undefined when no other follows. */
  readonly onFailedTry?: (fault: Fault, attempt: number, pauseMs: number | undefined) => void;
}

/**
 * Puts, and tries again while the fault is worth it and the budget lasts (`pauseBeforeRetry`). Rejects with the last
 * fault, or with the signal's reason as soon as it aborts. A try that outlasts the budget is given up as
 * `lake-unavailable`: it may still land, and the same put later will say so.
 */
export function putWithRetry(lake: Lake, request: PutRequest, options: RetryOptions): Promise<PutAnswer> {
  const { budgetMs = retryBudgetMs, now, random, pause = waited, onFailedTry } = options;
  const { signal } = request;
  const start = now();
  return pRetry(() => putWithin(lake, request, budgetMs - (now() - start)), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 0,
    ...(signal === undefined ? {} : { signal }),
    async shouldRetry({ error, attemptNumber }) {
      if (!(error instanceof Fault)) return false;
      const failed = { fault: error, attempt: attemptNumber, spentMs: now() - start, budgetMs, random: random() };
      const pauseMs = pauseBeforeRetry(failed);
      onFailedTry?.(error, attemptNumber, pauseMs);
      if (pauseMs !== undefined) await pause(pauseMs, signal);
      return pauseMs !== undefined;
    },
  });
}

async function putWithin(lake: Lake, request: PutRequest, ms: number): Promise<PutAnswer> {
  const { signal } = request;
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  try {
    return await lake.put({ ...request, signal: signal === undefined ? late : AbortSignal.any([signal, late]) });
  } catch (error) {
    signal?.throwIfAborted();
    throw late.aborted ? new Fault('lake-unavailable', `no answer in ${Math.ceil(ms)} ms`, { cause: error }) : error;
  }
}

async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pauseFor(ms, undefined, signal === undefined ? {} : { signal }).catch((error) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
