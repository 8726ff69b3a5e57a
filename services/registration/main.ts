import { readFile } from 'node:fs/promises';
import { createLog, createMetrics, logLevelOf, type OnStep, runService } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createRedisRequests, createRedisStore } from '@tributary/subscriptions';
import { MemoryDeliveries, MemoryProber, MemoryStatuses } from './memory.ts';
import { startRegistration } from './service.ts';
import { type RegistrationSettings, readRegistrationSettings } from './settings.ts';

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
    const brokers = settings.KAFKA_BROKERS.split(',');
    const redis = { url: settings.REDIS_URL };
    const onRedisError = (error: Error) => log.debug({ reason: error.message }, 'redis');
    return startRegistration(settings, {
      stream: createKafkajsStream({ brokers, clientId: 'tributary-registration', log, sendTimeoutMs }),
      store: createRedisStore(redis, onRedisError),
      requests: createRedisRequests(redis, onRedisError),
      metrics: createMetrics(true),
      prober: new MemoryProber(),
      deliveries: new MemoryDeliveries(),
      statuses: new MemoryStatuses(),
      log,
      now: Date.now,
      onStep,
      ...(await readTls(settings)),
    });
  });
}

async function readTls({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: RegistrationSettings) {
  if (cert === undefined || key === undefined) return {};
  return { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') } };
}

if (import.meta.main) await runRegistration(process.env);
