import { readFile } from 'node:fs/promises';
import { createAwsProber } from '@tributary/lake';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import {
  createLog,
  createMetrics,
  kafkaConnection,
  type Log,
  logLevelOf,
  type OnStep,
  type RunningService,
  redisConnection,
  runService,
  startTraced,
} from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createRedisRequests, createRedisStore } from '@tributary/subscriptions';
import { startRegistration } from './service.ts';
import { type RegistrationSettings, readRegistrationSettings } from './settings.ts';
import { countReach } from './status/reach-metrics.ts';
import { StatusReader } from './status/status-reader.ts';

/** A change is given up well before the lease of its locks ends. */
const sendTimeoutMs = 8_000;

/** Runs the registration service as this process. `onStep` is where tests end or fail it. */
export async function runRegistration(
  env: Readonly<Record<string, string | undefined>>,
  onStep: OnStep = () => {},
): Promise<void> {
  const log = createLog('registration', logLevelOf(env));
  await runService(log, async () => {
    const settings = readRegistrationSettings(env);
    return startTraced('registration', settings, log, () => start(settings, log, onStep));
  });
}

async function start(settings: RegistrationSettings, log: Log, onStep: OnStep): Promise<RunningService> {
  const redis = redisConnection(settings);
  const onRedisError = (error: Error) => log.debug({ err: error }, 'redis');
  const stream = createKafkajsStream({
    ...kafkaConnection(settings),
    clientId: 'tributary-registration',
    log,
    sendTimeoutMs,
  });
  const metrics = createMetrics('registration');
  const statuses = new StatusReader({
    stream,
    admin: stream.admin(),
    layout: clusterLayouts[settings.CLUSTER_LAYOUT],
    consumerGroup: settings.CONSUMER_GROUP_ID,
    flusherGroup: settings.FLUSHER_GROUP_ID,
    log,
    now: Date.now,
    onReach: (reach) => countReach(reach, metrics),
  });
  const service = await startRegistration(settings, {
    stream,
    store: createRedisStore(redis, onRedisError),
    requests: createRedisRequests(redis, onRedisError),
    metrics,
    prober: createAwsProber({
      now: Date.now,
      patienceMs: settings.PROBE_PATIENCE_SECONDS * 1_000,
      ...(settings.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: settings.AWS_ENDPOINT_URL }),
    }),
    deliveries: statuses,
    statuses,
    log,
    now: Date.now,
    onStep,
    ...(await readTls(settings)),
  });
  statuses.start();
  return {
    stop: async () => {
      await service.stop();
      await statuses.stop();
    },
  };
}

async function readTls({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: RegistrationSettings) {
  if (cert === undefined || key === undefined) return {};
  return { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') } };
}

if (import.meta.main) await runRegistration(process.env);
