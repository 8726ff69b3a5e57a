import { randomInt } from 'node:crypto';
import { createLog, createMetrics, type Log, logLevelOf, type OnStep, runService } from '@tributary/service';
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
    return startConsumer(settings, { ...neighboursOf(settings, log), onStep, fail });
  });
}

/** The real neighbours that the settings name. */
export function neighboursOf(settings: ConsumerSettings, log: Log) {
  const now = Date.now;
  return {
    log,
    now,
    metrics: createMetrics(true),
    stream: createKafkajsStream({
      brokers: settings.KAFKA_BROKERS.split(','),
      clientId: 'tributary-consumer',
      log,
      sessionTimeoutMs: settings.SESSION_SECONDS * 1000,
    }),
    decoders: createConfluentRegistry({ ...registryAddress(settings.SCHEMA_REGISTRY_URL), now }),
    workspaces: new Workspaces((eventClass) => new Workspace(eventClass, randomInt(2 ** 32 - 1))),
    mirror: (journalEnd: () => Promise<number>, known: () => Promise<Known | undefined>) => {
      const store = createRedisStore({ url: settings.REDIS_URL });
      const mirror = createMirror({ store, journalEnd, known, now, checkEveryMs: mirrorCheckMs });
      return { ...mirror, close: () => store.close() };
    },
  };
}

/** A user and password in the registry's address are sent as basic authentication. */
function registryAddress(address: string) {
  const { origin, pathname, username, password } = new URL(address);
  const url = `${origin}${pathname}`;
  if (username === '') return { url };
  return { url, auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}

if (import.meta.main) await runConsumer(process.env);
