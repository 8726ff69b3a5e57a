import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import type { ApiKeyScope } from '@tributary/schemas/redis/keys.ts';
import type { Destination } from '@tributary/schemas/registration.ts';
import { createMetrics, type Log, type OnStep, silentLog } from '@tributary/service';
import { createMemoryStream, MemoryBroker } from '@tributary/stream/memory.ts';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createMemoryStore } from '@tributary/subscriptions/memory.ts';
import { MemoryRequests } from '@tributary/subscriptions/memory-requests.ts';
import type { FastifyInstance } from 'fastify';
import { Applier } from './applier.ts';
import { checkAnswer } from './contract.fixture.ts';
import { createServer, type ListenerOptions } from './fastify.ts';
import { KeyUse } from './key-use.ts';
import { createApiKey, type KeyMaking, type NewApiKey } from './keys.ts';
import { MemoryDeliveries, MemoryStatuses, ToldProber } from './memory.ts';
import type { Rates } from './neighbours.ts';
import { longestProbeMs } from './steps/probe.ts';

export const acme = '123456789012';
export const umbrella = '210987654321';
export const bucketName = 'aws-security-data-lake-us-east-1-abcdefgh';

/** A body of a POST that is accepted as it is. */
export const goodBody = {
  eventClass: 'file-activity',
  providerAccountID: '111122223333',
  bucketName,
  prefix: 'ext/tributary-file/1.0/',
  roleARN: 'arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-file-us-east-1',
};

/** The prefix and the role of the custom source `name`. */
export const source = (name: string) => ({
  prefix: `ext/${name}`,
  roleARN: `arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-${name}-us-east-1`,
});

export const goodDestination: Destination = {
  providerAccountID: goodBody.providerAccountID,
  bucketName,
  prefix: 'ext/tributary-file/1.0',
  roleARN: goodBody.roleARN,
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came back
  readonly body: any;
}

/** One registration service on a log and a store in memory, both of which tests can break. */
export class Rig {
  readonly broker = new MemoryBroker(Date.now);
  readonly store = createMemoryStore(() => this.now());
  readonly stream = createMemoryStream(this.broker);
  readonly metrics = createMetrics();
  readonly prober = new ToldProber();
  readonly deliveries = new MemoryDeliveries();
  readonly statuses = new MemoryStatuses();
  readonly applier: Applier;
  /** What the access log and others wrote. */
  readonly logged: { fields: object; message: string }[] = [];
  readonly requests = new MemoryRequests(() => this.now());
  readonly rates: Rates;
  server!: FastifyInstance;
  now: () => number = Date.now;
  keys!: Readonly<Record<string, NewApiKey>>;
  onStep: OnStep = () => {};

  readonly #listener: ListenerOptions;
  readonly #probeMs: number;

  constructor(rates: Partial<Rates> = {}, listener: ListenerOptions = {}, probeMs = longestProbeMs(40)) {
    this.#listener = listener;
    this.#probeMs = probeMs;
    const { stream, store, metrics } = this;
    const admin = stream.admin();
    const timing = { checkEveryMs: 5, patienceMs: 200 };
    const now = () => this.now();
    this.applier = new Applier({ stream, admin, store, metrics, now, log: silentLog, ...timing });
    this.rates = { perKey: 1_000_000, perAddress: 1_000_000, probesPerAccount: 1_000_000, ...rates };
  }

  async start(): Promise<this> {
    const { stream, store, requests, rates, metrics, prober, deliveries, statuses, log } = this;
    const now = () => this.now();
    this.server = await createServer(
      {
        ...{ store, requests, rates, metrics, prober, deliveries, statuses, log, now },
        publisher: stream.publisher(),
        applied: this.applier,
        keyUse: new KeyUse({ requests, now, log }),
        probeMs: this.#probeMs,
        rules: { region: 'us-east-1', allowAnyBucket: false },
        ocsfVersion: '1.1.0',
      },
      (event) => this.onStep(event),
      this.#listener,
    );
    await ensureTopics(this.stream.admin(), clusterLayouts.local);
    this.applier.start();
    this.keys = { [acme]: await this.newKey(acme), [umbrella]: await this.newKey(umbrella) };
    return this;
  }

  /** A log that tests can read. */
  get log(): Log {
    const write = (fields: object, message: string) => {
      this.logged.push({ fields, message });
    };
    const log: Log = { info: write, warn: write, error: write, debug: write, child: () => log };
    return log;
  }

  /** What keys are made with. */
  get keyMaking(): KeyMaking {
    const publisher = this.stream.publisher();
    const randomBytes = (size: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(size)));
    return { publisher, store: this.store, now: () => this.now(), randomBytes };
  }

  newKey(account: string, scopes?: readonly ApiKeyScope[]): Promise<NewApiKey> {
    return createApiKey(account, this.keyMaking, scopes);
  }

  async stop(): Promise<void> {
    await this.applier.stop();
    await this.server.close();
  }

  headers(account = acme): Record<string, string> {
    const { id, secret } = this.keys[account]!;
    return { authorization: `ApiKey ${id}:${secret}`, 'api-version': 'v1' };
  }

  async send(
    method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'QUERY',
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = this.headers(),
  ): Promise<Answer> {
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const reply = await this.server.inject({ method, url, headers: { ...type, ...headers }, ...payload });
    const text = reply.payload;
    const answer = {
      status: reply.statusCode,
      headers: reply.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    checkAnswer(method, url, answer);
    return answer;
  }

  register(changes: object = {}, account = acme): Promise<Answer> {
    return this.send('POST', '/api/registrations/', { ...goodBody, ...changes }, this.headers(account));
  }

  list(query = '', account = acme): Promise<Answer> {
    return this.send('GET', `/api/registrations/${query}`, undefined, this.headers(account));
  }

  end(eventClass = 'file-activity', account = acme): Promise<Answer> {
    return this.send('DELETE', `/api/registrations/${eventClass}`, undefined, this.headers(account));
  }

  /** A request about one registration: `GET`, `PUT …/pause` and the like. */
  one(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    rest = '',
    { body, account = acme, headers = {} }: { body?: unknown; account?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    return this.send(method, `/api/registrations/file-activity${rest}`, body, { ...this.headers(account), ...headers });
  }

  /** Resolves once Redis has the whole journal again. */
  async ready(): Promise<void> {
    await until(() => this.applier.notReady() === undefined);
    await this.applier.caughtUp();
  }
}

/** Resolves with the first answer of `question` that is neither undefined nor false; an error is no answer. */
export async function until<T>(question: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await Promise.resolve()
      .then(question)
      .catch(() => undefined);
    if (found !== undefined && found !== null && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
