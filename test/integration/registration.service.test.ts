import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createApiKey } from '@tributary/registration/keys.ts';
import { MemoryDeliveries, MemoryStatuses, ToldProber } from '@tributary/registration/memory.ts';
import { type RunningRegistration, startRegistration } from '@tributary/registration/service.ts';
import { clusterLayouts, registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { createMetrics, type OnStep, silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createMirror, createRedisRequests, createRedisStore, type SubscriptionStore } from '@tributary/subscriptions';
import { Redis } from 'ioredis';
import { Hop } from './hop.ts';

// A database of its own. The journal is the stack's: every test uses accounts that nobody else has.
const database = 8;
const endpoints = readEndpoints();
const redisUrl = `${endpoints.redis}/${database}`;
const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'test', log: silentLog });
const newAccount = () => String(randomBytes(6).readUIntBE(0, 6) % 1e12).padStart(12, '0');

const goodBody = (name: string) => ({
  eventClass: 'file-activity',
  providerAccountID: '111122223333',
  bucketName: 'aws-security-data-lake-us-east-1-abcdefgh',
  prefix: `ext/${name}/1.0/`,
  roleARN: `arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-${name}-us-east-1`,
});

let raw: Redis;
let store: SubscriptionStore;
let running: RunningRegistration[];

beforeAll(async () => {
  raw = new Redis(redisUrl);
  store = createRedisStore({ url: redisUrl });
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  await admin.close();
});
afterAll(async () => {
  raw.disconnect();
  await store.close();
});
beforeEach(() => {
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()));
});

async function start(onStep: OnStep = () => {}, url = redisUrl): Promise<RunningRegistration> {
  const settings = {
    KAFKA_SASL_MECHANISM: 'none',
    KAFKA_BROKERS: endpoints.kafka,
    REDIS_URL: url,
    HOME_REGION: 'us-1',
    CLUSTER_LAYOUT: 'local',
    HOST: '127.0.0.1',
    PORT: 0,
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: 0,
    LOG_LEVEL: 'error',
    CONSUMER_GROUP_ID: 'tributary.consumer',
    FLUSHER_GROUP_ID: 'tributary.flusher',
    OCSF_VERSION: '1.1.0',
    ALLOW_ANY_BUCKET: false,
    PROBE_PATIENCE_SECONDS: 0,
    TRUSTED_PROXIES: [] as string[],
    REQUESTS_PER_KEY: 1_000_000,
    REQUESTS_PER_ADDRESS: 1_000_000,
    PROBES_PER_ACCOUNT: 1_000_000,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
    OTEL_BSP_MAX_QUEUE_SIZE: 2_048,
    OTEL_TRACES_SAMPLER: 'always_off',
    OTEL_TRACES_SAMPLER_ARG: 1,
  } as const;
  const own = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'registration', log: silentLog });
  const service = await startRegistration(settings, {
    stream: own,
    store: createRedisStore({ url }),
    requests: createRedisRequests({ url }),
    log: silentLog,
    metrics: createMetrics(),
    prober: new ToldProber(),
    deliveries: new MemoryDeliveries(),
    statuses: new MemoryStatuses(),
    now: Date.now,
    onStep,
  });
  running.push(service);
  await until(async () => (await fetch(`${service.operationsUrl}/readyz`)).ok);
  return service;
}

async function until<T>(question: () => Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await question().catch(() => undefined);
    if (found !== undefined && found !== null && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function newCustomer() {
  const account = newAccount();
  const publisher = stream.publisher();
  const key = await createApiKey(account, { publisher, store, now: Date.now, randomBytes });
  await publisher.close();
  expect(key.usable).toBe(true);
  const headers = {
    authorization: `ApiKey ${key.id}:${key.secret}`,
    'api-version': 'v1',
    'content-type': 'application/json',
  };
  const call = (method: string, service: RunningRegistration, path = '', body?: object) =>
    fetch(`${service.url}/api/registrations/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    account,
    id: `${account}/file-activity` as const,
    post: (service: RunningRegistration, body: object) => call('POST', service, '', body),
    list: (service: RunningRegistration) => call('GET', service),
    end: (service: RunningRegistration) => call('DELETE', service, 'file-activity'),
  };
}

async function journalEnd(): Promise<number> {
  const admin = stream.admin();
  const [end] = await admin.ends(registrationsTopic);
  await admin.close();
  return end!.high;
}

describe('the registration service on Kafka and Redis', () => {
  it('takes_lists_and_ends_a_registration_and_a_mirror_sees_each_at_once', async () => {
    const service = await start();
    const customer = await newCustomer();
    const mirror = createMirror({ store, journalEnd, now: Date.now, checkEveryMs: 0 });
    const body = goodBody(customer.account);
    expect((await customer.post(service, body)).status).toBe(201);
    await mirror.refresh();
    expect(mirror.find(customer.account, 'file-activity')).toMatchObject({ generation: 1 });
    expect((await customer.post(service, body)).status).toBe(200);
    expect(await (await customer.list(service)).json()).toMatchObject({
      registrations: [{ prefix: `ext/${customer.account}/1.0` }],
    });
    expect((await customer.end(service)).status).toBe(204);
    await mirror.refresh();
    expect(mirror.find(customer.account, 'file-activity')).toBeUndefined();
    expect(mirror.byId(customer.id)).toMatchObject({ state: 'ended', generation: 1 });
    expect((await customer.end(service)).status).toBe(404);
  }, 30_000);

  it('builds_redis_again_by_itself_after_it_lost_everything', async () => {
    const service = await start();
    const customer = await newCustomer();
    await customer.post(service, goodBody(customer.account));
    const before = await store.readAll();
    await raw.flushdb();
    const after = await until(() => store.readAll());
    const byId = (all: typeof before) => new Map(all.records.map((record) => [record.registration, record]));
    expect(byId(after)).toEqual(byId(before));
    expect(after.version).toBe(before.version);
    expect((await until(async () => (await customer.list(service)).ok)) as boolean).toBe(true);
  }, 30_000);

  it('keeps_two_replicas_from_giving_one_destination_twice', async () => {
    const replicas = await Promise.all([start(), start()]);
    const [one, other] = [await newCustomer(), await newCustomer()];
    const body = goodBody(one.account);
    const answers = await Promise.all([
      one.post(replicas[0]!, body),
      other.post(replicas[1]!, body),
      one.post(replicas[1]!, body),
      other.post(replicas[0]!, body),
    ]);
    const statuses = answers.map(({ status }) => status);
    const winner = statuses[0] === 409 ? 1 : 0;
    expect([statuses[winner]!, statuses[winner + 2]!].sort()).toEqual([200, 201]);
    expect([statuses[1 - winner]!, statuses[3 - winner]!]).toEqual([409, 409]);
  }, 30_000);

  it('finishes_on_another_replica_a_change_whose_writer_died_after_the_journal_had_it', async () => {
    const dying = await start(({ step, phase }) => {
      if (step === 'journal' && phase === 'after') throw new Error('killed');
    });
    const healthy = await start();
    const customer = await newCustomer();
    expect((await customer.post(dying, goodBody(customer.account))).status).toBe(500);
    expect((await customer.post(healthy, goodBody(customer.account))).status).toBe(200);
    expect((await customer.post(healthy, goodBody(`${customer.account}-b`))).status).toBe(409);
  }, 30_000);

  it('answers_503_within_seconds_while_redis_is_away_and_goes_on_afterwards', async () => {
    const hop = new Hop(redisUrl);
    await hop.listen();
    const service = await start(() => {}, `redis://127.0.0.1:${hop.port}/${database}`);
    const customer = await newCustomer();
    await hop.close();
    const began = Date.now();
    const answer = await customer.post(service, goodBody(customer.account));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(Date.now() - began).toBeLessThan(4_000);
    await until(async () => (await fetch(`${service.operationsUrl}/readyz`)).status === 503);
    await hop.reopen();
    const again = await until(async () => {
      const { status } = await customer.post(service, goodBody(customer.account));
      return status === 503 ? undefined : status;
    });
    expect(again).toBe(201);
    await service.stop();
    running = [];
    await hop.close();
  }, 30_000);
});
