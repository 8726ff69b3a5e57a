import { randomBytes } from 'node:crypto';
import { createAwsLake, createAwsParking } from '@tributary/lake';
import { homeRegions } from '@tributary/schemas/regions.ts';
import {
  createLog,
  createMetrics,
  kafkaConnection,
  logLevelOf,
  type OnStep,
  redisConnection,
  runService,
  startTraced,
} from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createMirror, createRedisStore, type Known } from '@tributary/subscriptions';
import { createEncoder } from './piscina.ts';
import { startFlusher } from './service.ts';
import { type FlusherSettings, readFlusherSettings } from './settings.ts';

const mirrorCheckMs = 5_000;

/** Runs a flusher as this process. `onStep` is where tests end or fail it; production hands in nothing. */
export async function runFlusher(
  env: Readonly<Record<string, string | undefined>>,
  onStep: OnStep = () => {},
): Promise<void> {
  const log = createLog('flusher', logLevelOf(env));
  await runService(log, async (fail) => {
    const settings = readFlusherSettings(env);
    return startTraced('flusher', settings, log, () =>
      startFlusher(settings, { ...neighbours(settings, log), onStep, fail }),
    );
  });
}

function neighbours(settings: FlusherSettings, log: ReturnType<typeof createLog>) {
  const now = Date.now;
  return {
    log,
    now,
    elapsed: () => performance.now(),
    random: Math.random,
    randomHex: (bytes: number) => randomBytes(bytes).toString('hex'),
    metrics: createMetrics('flusher'),
    stream: createKafkajsStream({
      ...kafkaConnection(settings),
      clientId: 'tributary-flusher',
      log,
      sessionTimeoutMs: settings.SESSION_SECONDS * 1000,
    }),
    mirror: (journalEnd: () => Promise<number>, known: () => Promise<Known | undefined>) => {
      const store = createRedisStore(redisConnection(settings));
      const mirror = createMirror({ store, journalEnd, known, now, checkEveryMs: mirrorCheckMs });
      return { ...mirror, close: () => store.close() };
    },
    lake: createAwsLake({
      region: homeRegions[settings.HOME_REGION],
      now,
      ...(settings.AWS_ENDPOINT_URL ? { endpoint: settings.AWS_ENDPOINT_URL } : {}),
    }),
    parking: createAwsParking({
      bucketName: settings.PARKING_BUCKET,
      region: settings.PARKING_REGION ?? homeRegions[settings.HOME_REGION],
      ...(settings.AWS_ENDPOINT_URL ? { endpoint: settings.AWS_ENDPOINT_URL } : {}),
    }),
    encoder: createEncoder(settings.ENCODER_THREADS),
  };
}

if (import.meta.main) await runFlusher(process.env);
