import { randomBytes } from 'node:crypto';
import { neighboursOf } from '@tributary/consumer/main.ts';
import { startConsumer } from '@tributary/consumer/service.ts';
import { readConsumerSettings } from '@tributary/consumer/settings.ts';
import { type Workspace, Workspaces } from '@tributary/consumer/workspace.ts';
import { Marks } from '@tributary/flusher/marks.ts';
import { encodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { createEncoder } from '@tributary/flusher/piscina.ts';
import { startFlusher } from '@tributary/flusher/service.ts';
import { readFlusherSettings } from '@tributary/flusher/settings.ts';
import { createAwsLake, createAwsParking } from '@tributary/lake';
import type { Endpoints } from '@tributary/local/endpoints.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationId, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { createMetrics, type RunningService, silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';

/** A consumer and a flusher under way. */
export interface OwnDelivery extends RunningService {
  readonly consumerGroup: string;
  /** Another release of the consumer takes over. */
  upgradeConsumer(): Promise<void>;
}

/**
 * A consumer and a flusher that know `records` and nobody else, with groups of their own that begin at the present ends.
 * `makeWorkspace` is where a test puts a bug into the first release of the consumer.
 */
export async function startOwnDelivery(
  endpoints: Endpoints,
  records: readonly RegistrationRecord[],
  makeWorkspace?: (eventClass: EventClass) => Workspace,
): Promise<OwnDelivery> {
  const unique = randomBytes(4).toString('hex');
  const [consumerGroup, flusherGroup] = [`consumer-${unique}`, `flusher-${unique}`];
  await beginAtTheEnds(endpoints, consumerGroup, eventClassNames.map(agentTopic), () => encodeSourceProgress(0));
  await beginAtTheEnds(endpoints, flusherGroup, eventClassNames.map(handoffTopic), () =>
    encodeHandoffState({ incarnation: randomBytes(8).toString('hex'), openedAt: Date.now(), marks: Marks.none }),
  );
  let consumer = await startOwnConsumer(endpoints, consumerGroup, records, makeWorkspace);
  const flusher = await startOwnFlusher(endpoints, flusherGroup, records);
  return {
    consumerGroup,
    upgradeConsumer: async () => {
      await consumer.stop();
      consumer = await startOwnConsumer(endpoints, consumerGroup, records);
    },
    stop: async () => {
      await consumer.stop();
      await flusher.stop();
    },
  };
}

/** Other tests left records on these topics: the group begins behind them. */
async function beginAtTheEnds(
  { kafka }: Endpoints,
  groupId: string,
  topics: readonly string[],
  metadata: () => string,
) {
  const stream = createKafkajsStream({ brokers: [kafka], clientId: groupId, log: silentLog });
  const admin = stream.admin();
  for (const topic of topics) {
    for (const { partition, high } of await admin.ends(topic)) {
      const transactionalId = `${groupId}.${topic}.${partition}`;
      const committer = stream.committer({ topic, partition, groupId, transactionalId });
      await committer.fence();
      await committer.commit(high, metadata());
      await committer.close();
    }
  }
  await admin.close();
}

function mirrorOf(records: readonly RegistrationRecord[]) {
  const known = new Map(records.map((record) => [record.registration, record]));
  return () => ({
    refresh: async () => {},
    find: (account: string, eventClass: EventClass) => known.get(registrationId(account, eventClass)),
    byId: (id: RegistrationId) => known.get(id),
    version: () => 0,
    close: async () => {},
  });
}

const fail = (error: Error) => {
  throw error;
};
const common = (endpoints: Endpoints, GROUP_ID: string) => ({
  KAFKA_BROKERS: endpoints.kafka,
  REDIS_URL: 'redis://127.0.0.1:1',
  CLUSTER_LAYOUT: 'local',
  METRICS_PORT: '0',
  GROUP_ID,
});

function startOwnConsumer(
  endpoints: Endpoints,
  groupId: string,
  records: readonly RegistrationRecord[],
  makeWorkspace?: (eventClass: EventClass) => Workspace,
) {
  const settings = readConsumerSettings({
    ...common(endpoints, groupId),
    SCHEMA_REGISTRY_URL: endpoints.schemaRegistry,
  });
  const neighbours = { ...neighboursOf(settings, silentLog), mirror: mirrorOf(records), metrics: createMetrics() };
  const own = makeWorkspace === undefined ? {} : { workspaces: new Workspaces(makeWorkspace) };
  return startConsumer(settings, { ...neighbours, ...own, onStep: () => {}, fail });
}

function startOwnFlusher(endpoints: Endpoints, groupId: string, records: readonly RegistrationRecord[]) {
  const { aws: endpoint, awsRegion: region, parkingBucket } = endpoints;
  const settings = readFlusherSettings({
    ...common(endpoints, groupId),
    HOME_REGION: 'us-1',
    PARKING_BUCKET: parkingBucket,
    WINDOW_SECONDS: '1',
  });
  const { accessKeyId, secretAccessKey } = endpoints.awsUsers.service;
  return startFlusher(settings, {
    stream: createKafkajsStream({ brokers: [endpoints.kafka], clientId: groupId, log: silentLog }),
    mirror: mirrorOf(records),
    lake: createAwsLake({
      region: 'us-east-1',
      endpoint: endpoints.aws,
      credentials: { accessKeyId, secretAccessKey },
      now: Date.now,
    }),
    parking: createAwsParking({
      ...{ bucketName: parkingBucket, region, endpoint },
      credentials: { accessKeyId, secretAccessKey },
    }),
    encoder: createEncoder(1),
    log: silentLog,
    metrics: createMetrics(),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    onStep: () => {},
    fail,
  });
}
