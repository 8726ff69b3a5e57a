import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsProber } from '@tributary/lake';
import { type ProbeSetting, probeTable } from '@tributary/lake/probe.contract.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createApiKey, type NewApiKey } from '@tributary/registration/keys.ts';
import { MemoryDeliveries, MemoryStatuses } from '@tributary/registration/memory.ts';
import { type RunningRegistration, startRegistration } from '@tributary/registration/service.ts';
import { readRegistrationSettings } from '@tributary/registration/settings.ts';
import { wrongRegistrations } from '@tributary/registration/wrong-registrations.fixture.ts';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { probeRefusals } from '@tributary/schemas/rest/probe-refusals.ts';
import { problems } from '@tributary/schemas/rest/problems.ts';
import { createMetrics, silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createRedisRequests, createRedisStore, type SubscriptionStore } from '@tributary/subscriptions';
import { openCustomers } from './probe-customers.ts';

// The real service on the whole stack; only the pauses between the tries of a probe take no time.
const endpoints = readEndpoints();
const redis = { url: `${endpoints.redis}/13` };
const env = { KAFKA_BROKERS: endpoints.kafka, REDIS_URL: redis.url, HOME_REGION: 'us-1', CLUSTER_LAYOUT: 'local' };
const customers = openCustomers(endpoints);
let service: RunningRegistration;
let store: SubscriptionStore;
let clock = Date.now();

beforeAll(async () => {
  const connection = { brokers: [endpoints.kafka], clientId: 'registration', log: silentLog };
  const stream = createKafkajsStream(connection);
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  await admin.close();
  store = createRedisStore(redis);
  service = await startRegistration(
    { ...readRegistrationSettings(env), PORT: 0, METRICS_PORT: 0, REQUESTS_PER_ADDRESS: 100_000 },
    {
      stream,
      store: createRedisStore(redis),
      requests: createRedisRequests(redis),
      prober: createAwsProber({
        endpoint: endpoints.aws,
        credentials: endpoints.awsUsers.service,
        now: () => clock,
        pause: async (ms) => {
          clock += ms;
        },
      }),
      deliveries: new MemoryDeliveries(),
      statuses: new MemoryStatuses(),
      log: silentLog,
      metrics: createMetrics(),
      now: Date.now,
    },
  );
  while (!(await fetch(`${service.operationsUrl}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await store?.close();
  customers.close();
});

async function newKey(): Promise<NewApiKey> {
  const account = String(randomBytes(6).readUIntBE(0, 6) % 1e12).padStart(12, '0');
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'keys', log: silentLog });
  const publisher = stream.publisher();
  try {
    return await createApiKey(account, { publisher, store, now: Date.now, randomBytes });
  } finally {
    await publisher.close();
  }
}

async function post({ id, secret }: NewApiKey, body: unknown, query = '') {
  const headers = { authorization: `ApiKey ${id}:${secret}`, 'api-version': 'v1', 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${service.url}/api/registrations/${query}`, request);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** A customer whose role and bucket are as the setting says, and what it sends. */
async function arrange(setting: ProbeSetting, externalId: string) {
  const name = `p${randomBytes(4).toString('hex')}`;
  const { customer, outsider } = endpoints.awsUsers;
  const { accountId } = setting.trust === 'role-of-another-account' ? outsider : customer;
  const probe = {
    roleARN: `arn:aws:iam::${accountId}:role/AmazonSecurityLake-Provider-${name}-us-east-1`,
    externalId,
    bucket: `aws-security-data-lake-us-east-1-${name}`,
    prefix: `ext/${name}/1.0`,
    region: 'us-east-1',
  } as const;
  await customers.arrange(setting, probe);
  const { roleARN, bucket: bucketName, prefix } = probe;
  const body = { eventClass: 'file-activity', providerAccountID: accountId, bucketName, prefix, roleARN };
  return { bucketName, body };
}

// A role that trusts one other customer by name can only be found by who knows which.
const rows = probeTable.filter(([, setting]) => setting.otherExternalIds === undefined);

describe('a registration on the real stack', () => {
  it.each(rows)(
    '%s',
    async (_promise, setting, fault) => {
      const key = await newKey();
      const { body, bucketName } = await arrange(setting, key.account);
      const dry = await post(key, body, '?dryRun=true');
      const answer = await post(key, body);
      expect(await customers.stored(bucketName)).toEqual([]);
      const [kept] = await store.registrationsOf(key.account);
      if (fault === undefined) {
        expect([dry.status, answer.status]).toEqual([200, 201]);
        expect(kept).toMatchObject({ state: 'active', generation: 1 });
        return;
      }
      const { problem, member, sentence } = probeRefusals[fault];
      const type = `urn:tributary:problem:${problem}`;
      const expected = { status: problems[problem].status, body: { type, pointer: `#/${member}` } };
      expect(answer).toMatchObject(expected);
      expect(dry).toMatchObject(expected);
      expect(String(answer.body.detail).startsWith(sentence)).toBe(true);
      expect(kept).toBeUndefined();
    },
    30_000,
  );

  it('refuses_what_is_wrong_without_asking_and_saves_nothing', async () => {
    const key = await newKey();
    for (const [what, body, code, , sentence] of wrongRegistrations) {
      const answer = await post(key, body);
      expect({ what, ...answer }).toMatchObject({ what, status: 400, body: { type: `urn:tributary:problem:${code}` } });
      expect(answer.body.detail).toMatch(sentence);
    }
    expect(await store.registrationsOf(key.account)).toEqual([]);
  }, 30_000);
});
