import { randomInt } from 'node:crypto';
import {
  createLog,
  createMetrics,
  kafkaConnection,
  type Log,
  logLevelOf,
  type OnStep,
  redisConnection,
  registryConnection,
  runService,
  startTraced,
} from '@tributary/service';
import { createConfluentRegistry, createKafkajsStream } from '@tributary/stream';
import { createMirror, createRedisStore, type Known } from '@tributary/subscriptions';
import { startConsumer } from './service.ts';
import { type ConsumerSettings, readConsumerSettings } from './settings.ts';
import { Workspace, Workspaces } from './workspace.ts';

const mirrorCheckMs = 5_000;

/** Runs a consumer as this process. `onStep` is where tests end or fail it; production hands in nothing. */
export async function runConsumer(
  env: Readonly<Record<string, string | undefined>>,
  onStep: OnStep = () => {},
): Promise<void> {
  const log = createLog('consumer', logLevelOf(env));
  await runService(log, async (fail) => {
    const settings = readConsumerSettings(env);
    return startTraced('consumer', settings, log, () =>
      startConsumer(settings, { ...neighboursOf(settings, log), onStep, fail }),
    );
  });
}

/** The real neighbours that the settings name. */
export function neighboursOf(settings: ConsumerSettings, log: Log) {
  const now = Date.now;
  return {
    log,
    now,
    elapsed: () => performance.now(),
    metrics: createMetrics('consumer'),
    stream: createKafkajsStream({
      ...kafkaConnection(settings),
      clientId: 'tributary-consumer',
      log,
      sessionTimeoutMs: settings.SESSION_SECONDS * 1000,
    }),
    decoders: createConfluentRegistry({ ...registryConnection(settings), now }),
    workspaces: new Workspaces((eventClass) => new Workspace(eventClass, randomInt(2 ** 32 - 1))),
    mirror: (journalEnd: () => Promise<number>, known: () => Promise<Known | undefined>) => {
      const store = createRedisStore(redisConnection(settings));
      const mirror = createMirror({ store, journalEnd, known, now, checkEveryMs: mirrorCheckMs });
      return { ...mirror, close: () => store.close() };
    },
  };
}

if (import.meta.main) await runConsumer(process.env);
