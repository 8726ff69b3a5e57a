import type { ApiKeyScope } from '@tributary/schemas/redis/keys.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type OnStep, runSteps, type Step } from '@tributary/service';
import type { RegisterRequest, StoreLock } from '@tributary/subscriptions';
import type { Neighbours } from './neighbours.ts';
import { readDryRun } from './page.ts';
import { answerDryRun, answerEnded, answerOne, answerProbed, answerRegistered } from './steps/answer.ts';
import { answerDeliveries, answerList } from './steps/answer-list.ts';
import { awaitApplied } from './steps/apply.ts';
import { auditChange } from './steps/audit.ts';
import { authenticate, authorise } from './steps/authenticate.ts';
import { decideEnd, decideMove, decidePause, decideResume, decideStart, meant } from './steps/decide.ts';
import { journalChange } from './steps/journal.ts';
import { limitKey } from './steps/limit.ts';
import { lockNames } from './steps/lock.ts';
import { probeRegistered, probeWanted } from './steps/probe.ts';
import { readCurrent, readKnown } from './steps/read-current.ts';
import { readEnd, readMove, readPath, readRegistration } from './steps/read-request.ts';
import { refuseHeld, refuseOwn } from './steps/refuse-held.ts';
import { AnsweredBefore, recall, remember } from './steps/repeat.ts';

/** What came in, without the vendor's request around it. */
export interface Incoming {
  readonly authorization: string | undefined;
  readonly apiVersion: string | undefined;
  /** The parsed body; undefined when there is none. */
  readonly body?: unknown;
  /** The event class in the path, as it was sent. */
  readonly eventClass?: string;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
  readonly dryRun?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Ours, never the client's. */
  readonly requestId: string;
}

/** What goes out. */
export interface Outgoing {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the steps of one request know, filled as they go. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly neighbours: Neighbours;
  /** Account with us, from the API key; every later step reads and writes this account's only. */
  account: string;
  /** The id of the API key. */
  apiKey: string;
  scopes: readonly ApiKeyScope[];
  /** What is asked, where its answer is to be remembered. */
  request: string | undefined;
  /** What is asked for; of an end only account and event class matter. */
  wanted: Pick<RegisterRequest, 'account' | 'eventClass'> & Partial<RegisterRequest>;
  locks: StoreLock[];
  existing: RegistrationRecord | undefined;
  /** The record after the change, or `existing` itself when nothing changes. */
  next: RegistrationRecord | undefined;
  /** The version of Redis on which it is decided: by it the applier knows a change that outlasted its locks. */
  decidedAt: number | undefined;
  /** Where the change stands in the journal, once it does. */
  journalled: number | undefined;
  /** Nobody knows whether the change is in the journal: its locks must stay until they end by themselves. */
  inDoubt: boolean;
  answer: Outgoing | undefined;
}

/** Any step of a request. */
export type RequestStep = Step<Exchange>;
type Run = RequestStep['run'];

const enter = (scope: ApiKeyScope): RequestStep[] => [
  { name: 'authenticate', run: authenticate },
  { name: 'authorise', run: authorise(scope) },
  { name: 'limit', run: limitKey },
];

/** A change that is sent again with its Idempotency-Key ends here, answered as before. */
const enterChange = (name: string, read: Run): RequestStep[] => [
  ...enter('write'),
  { name: 'recall', run: recall(name) },
  { name: 'read-request', run: read },
];

const enterOne = (scope: ApiKeyScope): RequestStep[] => [
  ...enter(scope),
  { name: 'read-request', run: readPath },
  { name: 'look', run: readKnown },
  { name: 'expect', run: expectRegistered },
];

/** What would be refused anyway is refused before AWS is asked, which takes its time and must not keep a lock. */
const foresee = (decide: Run): RequestStep[] => [
  { name: 'look', run: readCurrent },
  { name: 'foresee', run: decide },
  { name: 'refuse-own', run: refuseOwn },
  { name: 'probe', run: probeWanted },
];

/** Only behind the probe: see `refuse-held.ts`. */
const refuseTaken: RequestStep = { name: 'refuse-held', run: refuseHeld };

const settle = (decide: Run, ...more: RequestStep[]): RequestStep[] => [
  { name: 'lock', run: lockNames },
  { name: 'read-current', run: readCurrent },
  { name: 'decide', run: decide },
  ...more,
  { name: 'audit', run: auditChange },
  { name: 'journal', run: journalChange },
  { name: 'apply', run: awaitApplied },
];

const answerWith = (run: Run): RequestStep => ({ name: 'answer', run });
const answerChange = (run: Run): RequestStep[] => [answerWith(run), { name: 'remember', run: remember }];

const change = (name: string, read: Run, decide: Run, answerIt: Run): RequestStep[] => [
  ...enterChange(name, read),
  ...settle(decide),
  ...answerChange(answerIt),
];
const changeOfDestination = (name: string, read: Run, decide: Run, answerIt: Run): RequestStep[] => [
  ...enterChange(name, read),
  ...foresee(decide),
  ...settle(decide, refuseTaken),
  ...answerChange(answerIt),
];

/**
 * The way of each request. A change is answered when the journal and Redis have it; a crash in between heals, because
 * the applier brings every journalled change to Redis.
 */
export const requests = {
  register: changeOfDestination('register', readRegistration, decideStart, answerRegistered),
  move: changeOfDestination('move', readMove, decideMove, answerOne),
  end: change('end', readEnd, decideEnd, answerEnded),
  pause: change('pause', readPath, decidePause, answerOne),
  resume: change('resume', readPath, decideResume, answerOne),
  list: [...enter('read'), answerWith(answerList)],
  get: [...enterOne('read'), answerWith(answerOne)],
  deliveries: [...enterOne('read'), answerWith(answerDeliveries)],
  // It changes nothing of ours, but acts in the customer's AWS account under the customer's role.
  probe: [...enterOne('write'), { name: 'probe', run: probeRegistered }, answerWith(answerProbed)],
} as const satisfies Record<string, readonly RequestStep[]>;

const dryRun = (read: Run, decide: Run): RequestStep[] => [
  ...enter('write'),
  { name: 'read-request', run: read },
  ...foresee(decide),
  refuseTaken,
  answerWith(answerDryRun),
];

/** The way of a request with `dryRun=true`: all but the change. */
const dryRuns: Partial<Record<RequestName, readonly RequestStep[]>> = {
  register: dryRun(readRegistration, decideStart),
  move: dryRun(readMove, decideMove),
};

/** The name of a request's way. */
export type RequestName = keyof typeof requests;

function expectRegistered(exchange: Exchange): void {
  meant(exchange);
}

/** Whose request it is, for the access log: known even when the request is refused. */
export interface Caller {
  account?: string;
  apiKey?: string;
}

/** Runs one request through its steps; throws a Problem, or what a neighbour threw. Locks are given back either way. */
export async function answer(
  name: RequestName,
  incoming: Incoming,
  neighbours: Neighbours,
  { onStep, caller }: { readonly onStep: OnStep; readonly caller: Caller },
): Promise<Outgoing> {
  const exchange = newExchange(incoming, neighbours);
  const steps = readDryRun(incoming.dryRun) ? (dryRuns[name] ?? requests[name]) : requests[name];
  try {
    await runSteps<Exchange>(steps, exchange, name, onStep);
    return exchange.answer!;
  } catch (error) {
    if (error instanceof AnsweredBefore) return error.answer;
    throw error;
  } finally {
    if (exchange.account !== '') Object.assign(caller, { account: exchange.account, apiKey: exchange.apiKey });
    if (!exchange.inDoubt) await release(exchange);
  }
}

function newExchange(incoming: Incoming, neighbours: Neighbours): Exchange {
  return {
    incoming,
    neighbours,
    account: '',
    apiKey: '',
    scopes: [],
    request: undefined,
    wanted: { account: '', eventClass: 'file-activity' },
    locks: [],
    existing: undefined,
    next: undefined,
    decidedAt: undefined,
    journalled: undefined,
    inDoubt: false,
    answer: undefined,
  };
}

async function release({ locks, neighbours }: Exchange): Promise<void> {
  for (const lock of locks) {
    await lock.release().catch((error: unknown) => {
      neighbours.log.warn({ err: error }, 'a lock was not released; it ends by itself');
    });
  }
}
