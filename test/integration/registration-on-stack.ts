import { randomBytes } from 'node:crypto';
import { createAwsProber } from '@tributary/lake';
import type { ProbeSetting } from '@tributary/lake/probe.contract.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createApiKey, type NewApiKey } from '@tributary/registration/keys.ts';
import { MemoryDeliveries, MemoryStatuses } from '@tributary/registration/memory.ts';
import {
  type RegistrationNeighbours,
  type RunningRegistration,
  startRegistration,
} from '@tributary/registration/service.ts';
import { readRegistrationSettings } from '@tributary/registration/settings.ts';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { createMetrics, silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createRedisRequests, createRedisStore, type SubscriptionStore } from '@tributary/subscriptions';
import { openCustomers } from './probe-customers.ts';

/** What a customer sends, and where it wants its objects. */
export interface ArrangedCustomer {
  readonly bucketName: string;
  readonly body: {
    readonly eventClass: string;
    readonly providerAccountID: string;
    readonly bucketName: string;
    readonly prefix: string;
    readonly roleARN: string;
  };
}

/** The real service on the whole stack; only the pauses between the tries of a probe take no time. */
export interface RegistrationOnStack {
  readonly service: RunningRegistration;
  readonly store: SubscriptionStore;
  /** An API key of an account that nobody else has. */
  newKey(): Promise<NewApiKey>;
  /** A customer whose role and bucket are as the setting says, and what it sends. */
  arrange(setting: ProbeSetting, externalId: string, version?: string): Promise<ArrangedCustomer>;
  /** Keys in the bucket, read as its owner. */
  stored(bucketName: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Starts it on a Redis database of its own; over TLS with an identity. */
export async function registrationOnStack(
  database: number,
  tls?: RegistrationNeighbours['tls'],
): Promise<RegistrationOnStack> {
  const endpoints = readEndpoints();
  const redis = { url: `${endpoints.redis}/${database}` };
  const env = { KAFKA_BROKERS: endpoints.kafka, REDIS_URL: redis.url, HOME_REGION: 'us-1', CLUSTER_LAYOUT: 'local' };
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'registration', log: silentLog });
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  await admin.close();
  const customers = openCustomers(endpoints);
  const store = createRedisStore(redis);
  let clock = Date.now();
  const service = await startRegistration(
    {
      ...readRegistrationSettings(env),
      ...{ PORT: 0, METRICS_PORT: 0, REQUESTS_PER_ADDRESS: 1_000_000, REQUESTS_PER_KEY: 1_000_000 },
      PROBES_PER_ACCOUNT: 1_000_000,
    },
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
      ...(tls === undefined ? {} : { tls }),
    },
  );
  while (!(await fetch(`${service.operationsUrl}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    service,
    store,
    stored: customers.stored,
    async newKey() {
      const account = String(randomBytes(6).readUIntBE(0, 6) % 1e12).padStart(12, '0');
      const publisher = stream.publisher();
      try {
        return await createApiKey(account, { publisher, store, now: Date.now, randomBytes });
      } finally {
        await publisher.close();
      }
    },
    async arrange(setting, externalId, version = '/1.0') {
      const name = `p${randomBytes(4).toString('hex')}`;
      const { customer, outsider } = endpoints.awsUsers;
      const { accountId } = setting.trust === 'role-of-another-account' ? outsider : customer;
      const roleARN = `arn:aws:iam::${accountId}:role/AmazonSecurityLake-Provider-${name}-us-east-1`;
      const bucket = `aws-security-data-lake-us-east-1-${name}`;
      const prefix = `ext/${name}${version}`;
      await customers.arrange(setting, { roleARN, externalId, bucket, prefix, region: 'us-east-1' });
      const body = { eventClass: 'file-activity', providerAccountID: accountId, bucketName: bucket, prefix, roleARN };
      return { bucketName: bucket, body };
    },
    async stop() {
      await service.stop();
      await store.close();
      customers.close();
    },
  };
}
