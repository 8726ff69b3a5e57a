import { setTimeout as pauseFor } from 'node:timers/promises';
import { Fault } from '@tributary/schemas/faults.ts';
import pRetry from 'p-retry';
import type { Lake, PutAnswer, PutRequest } from './lake.ts';
import { Patience } from './patience.ts';
import { pauseBeforeRetry } from './retry.ts';

/** The patience of a put, and the clock, chance and waiting that it uses. */
export interface RetryOptions {
  /** What this put shares with others of its registration and window. One of its own when absent. */
  readonly patience?: Patience;
  /** ms on a clock that doesn't jump. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  /** Holds a place while a try is made. Waiting for one costs no patience. */
  readonly place?: <T>(attempt: () => Promise<T>) => Promise<T>;
  /** Waits; rejects when the signal aborts. Timers of Node when absent. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told of each failed try, also the last. `pauseMs` is undefined when no other follows. */
  readonly onFailedTry?: (fault: Fault, attempt: number, pauseMs: number | undefined) => void;
}

/**
 * Puts, and tries again while the fault is worth it and the patience lasts (`pauseBeforeRetry`). Rejects with the last
 * fault, for which the patience is then given up, or with the signal's reason as soon as it aborts. A try that outlasts
 * the patience (`Patience.tryMs`) is given up as `lake-unavailable`, or as `lake-slow` where no time is left at all: it
 * may still land, and the same put later will say so.
 */
export async function putWithRetry(lake: Lake, request: PutRequest, options: RetryOptions): Promise<PutAnswer> {
  const { now, random, patience = new Patience(now), place = atOnce, pause = waited, onFailedTry } = options;
  const { signal } = request;
  let hasBegun = false;
  let troubled = false;
  const attempt = () =>
    place(async () => {
      const startedAt = now();
      if (!hasBegun) patience.enter();
      hasBegun = true;
      try {
        return await putWithin(lake, request, patience);
      } catch (error) {
        if (!troubled) patience.begin(startedAt);
        troubled = true;
        throw error;
      }
    });
  try {
    return await pRetry(attempt, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      ...(signal === undefined ? {} : { signal }),
      async shouldRetry({ error, attemptNumber }) {
        if (!(error instanceof Fault)) return false;
        const { leftMs } = patience;
        const pauseMs = pauseBeforeRetry({ fault: error, attempt: attemptNumber, leftMs, random: random() });
        onFailedTry?.(error, attemptNumber, pauseMs);
        if (pauseMs !== undefined) await pause(pauseMs, signal);
        return pauseMs !== undefined;
      },
    });
  } catch (error) {
    if (error instanceof Fault) patience.giveUp(error);
    throw error;
  } finally {
    if (troubled) patience.end();
    if (hasBegun) patience.leave();
  }
}

async function putWithin(lake: Lake, request: PutRequest, patience: Patience): Promise<PutAnswer> {
  const { signal } = request;
  signal?.throwIfAborted();
  if (patience.refusal !== undefined) throw patience.refusal;
  const ms = patience.tryMs(request.body.byteLength);
  const late = AbortSignal.timeout(ms);
  try {
    return await lake.put({ ...request, signal: signal === undefined ? late : AbortSignal.any([signal, late]) });
  } catch (error) {
    signal?.throwIfAborted();
    if (!late.aborted) throw error;
    throw patience.refusal ?? new Fault('lake-unavailable', `no answer in ${ms} ms`, { cause: error });
  }
}

const atOnce = <T>(attempt: () => Promise<T>): Promise<T> => attempt();

async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pauseFor(ms, undefined, signal === undefined ? {} : { signal }).catch((error) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
