import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type OnStep, runSteps, type Step } from '@tributary/service';
import type { RegisterRequest, StoreLock } from '@tributary/subscriptions';
import type { Neighbours } from './neighbours.ts';
import { answerEnded, answerList, answerRegistered } from './steps/answer.ts';
import { awaitApplied } from './steps/apply.ts';
import { authenticate } from './steps/authenticate.ts';
import { decideEnd, decideStart } from './steps/decide.ts';
import { journalChange } from './steps/journal.ts';
import { lockNames } from './steps/lock.ts';
import { readCurrent } from './steps/read-current.ts';
import { readEnd, readRegistration } from './steps/read-request.ts';

/** What came in, without the vendor's request around it. */
export interface Incoming {
  readonly authorization: string | undefined;
  readonly apiVersion: string | undefined;
  /** The parsed body; undefined when there is none. */
  readonly body?: unknown;
  /** The event class in the path of a DELETE, as it was sent. */
  readonly eventClass?: string;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

/** What goes out. */
export interface Outgoing {
  readonly status: number;
  readonly body?: unknown;
}

/** What the steps of one request know, filled as they go. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly neighbours: Neighbours;
  /** Account with us, from the API key; every later step reads and writes this account's only. */
  account: string;
  /** What is asked for; of an end only account and event class matter. */
  wanted: Pick<RegisterRequest, 'account' | 'eventClass'> & Partial<RegisterRequest>;
  locks: StoreLock[];
  existing: RegistrationRecord | undefined;
  /** The record after the change, or `existing` itself when nothing changes. */
  next: RegistrationRecord | undefined;
  /** Where the change stands in the journal, once it does. */
  journalled: number | undefined;
  /** Nobody knows whether the change is in the journal: its locks must stay until they end by themselves. */
  inDoubt: boolean;
  answer: Outgoing | undefined;
}

/** Any step of a request. */
export type RequestStep = Step<Exchange>;

/**
 * The way of each request. A change is answered when the journal and Redis have it; a crash in between heals, because
 * the applier brings every journalled change to Redis.
 */
export const requests = {
  register: [
    { name: 'authenticate', run: authenticate },
    { name: 'read-request', run: readRegistration },
    { name: 'lock', run: lockNames },
    { name: 'read-current', run: readCurrent },
    { name: 'decide', run: decideStart },
    { name: 'journal', run: journalChange },
    { name: 'apply', run: awaitApplied },
    { name: 'answer', run: answerRegistered },
  ],
  list: [
    { name: 'authenticate', run: authenticate },
    { name: 'answer', run: answerList },
  ],
  end: [
    { name: 'authenticate', run: authenticate },
    { name: 'read-request', run: readEnd },
    { name: 'lock', run: lockNames },
    { name: 'read-current', run: readCurrent },
    { name: 'decide', run: decideEnd },
    { name: 'journal', run: journalChange },
    { name: 'apply', run: awaitApplied },
    { name: 'answer', run: answerEnded },
  ],
} as const satisfies Record<string, readonly RequestStep[]>;

/** The name of a request's way. */
export type RequestName = keyof typeof requests;

/** Runs one request through its steps; throws a Problem, or what a neighbour threw. Locks are given back either way. */
export async function answer(
  name: RequestName,
  incoming: Incoming,
  neighbours: Neighbours,
  onStep: OnStep,
): Promise<Outgoing> {
  const exchange = newExchange(incoming, neighbours);
  try {
    await runSteps<Exchange>(requests[name], exchange, name, onStep);
    return exchange.answer!;
  } finally {
    if (!exchange.inDoubt) await release(exchange);
  }
}

function newExchange(incoming: Incoming, neighbours: Neighbours): Exchange {
  return {
    incoming,
    neighbours,
    account: '',
    wanted: { account: '', eventClass: 'file-activity' },
    locks: [],
    existing: undefined,
    next: undefined,
    journalled: undefined,
    inDoubt: false,
    answer: undefined,
  };
}

async function release({ locks, neighbours }: Exchange): Promise<void> {
  for (const lock of locks) {
    await lock.release().catch((error: Error) => {
      neighbours.log.warn({ reason: error.message }, 'a lock was not released; it ends by itself');
    });
  }
}
