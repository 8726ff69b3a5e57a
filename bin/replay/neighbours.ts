import { randomBytes, randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { neighboursOf } from '@tributary/consumer/main.ts';
import { readConsumerSettings } from '@tributary/consumer/settings.ts';
import { createEncoder } from '@tributary/flusher/piscina.ts';
import { createAwsLake } from '@tributary/lake';
import { type Endpoints, readEndpoints } from '@tributary/local/endpoints.ts';
import { Fault, faultContract } from '@tributary/schemas/faults.ts';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { type HomeRegion, homeRegions } from '@tributary/schemas/regions.ts';
import { createLog } from '@tributary/service';
import type { StreamAdmin } from '@tributary/stream';
import { readKnown } from '@tributary/subscriptions';
import type { KafkaPlace } from '../kafka-place.ts';
import { oneLine } from '../one-line.ts';
import type { ReplayNeighbours } from './replay.ts';

const patienceMs = 15_000;
const retryPauseMs = 200;

/** Where a replay finds its neighbours: the local stack of `dir`, or those that are named. */
export interface ReplayPlaces extends KafkaPlace {
  readonly redis?: string;
  readonly schemaRegistry?: string;
  readonly homeRegion?: HomeRegion;
}

/** The real neighbours of a replay. */
export async function replayNeighbours(
  places: ReplayPlaces,
  signal: AbortSignal,
): Promise<{ readonly neighbours: ReplayNeighbours; close(): Promise<void> }> {
  const local = places.brokers === undefined ? readEndpoints(places.dir) : undefined;
  const log = createLog('replay', 'error');
  const { stream, decoders, workspaces, mirror } = neighboursOf(settingsOf(places, local), log);
  const admin = stream.admin();
  const publisher = stream.publisher();
  const registrations = mirror(
    () => journalEnd(admin),
    () => readKnown(admin),
  );
  // A service asks again every few seconds; a command must get its answer before it goes on.
  const refresh = () => patiently(() => registrations.refresh(), signal);
  const lake = createAwsLake(lakeOptions(places, local));
  const encoder = createEncoder(1);
  const { say, show, end } = oneLine(process.stdout, Date.now);
  const neighbours: ReplayNeighbours = {
    ...{ stream, admin, publisher, decoders, workspaces, lake, encoder, log, signal, say, show },
    registrations: { refresh, byId: (registration) => registrations.byId(registration) },
    region: homeRegions[places.homeRegion ?? 'us-1'],
    now: Date.now,
    random: Math.random,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    onStep: () => {},
    operator: userInfo().username,
    requestId: randomUUID(),
  };
  const close = async () => {
    end();
    await Promise.all([publisher.close(), admin.close(), registrations.close(), encoder.close()]);
    lake.close();
  };
  return { neighbours, close };
}

/** Tries again while Redis or the journal doesn't answer: the first answer may come from before the connection stood. */
async function patiently(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (const until = Date.now() + patienceMs; ; ) {
    try {
      return await work();
    } catch (error) {
      const isWorthIt = error instanceof Fault && faultContract(error.code).retry === 'now';
      if (!isWorthIt || Date.now() > until) throw error;
      await delay(retryPauseMs);
      signal.throwIfAborted();
    }
  }
}

/** A replay reads as a consumer does, so it has a consumer's settings. */
function settingsOf({ brokers, redis, schemaRegistry }: ReplayPlaces, local: Endpoints | undefined) {
  return readConsumerSettings({
    ...process.env,
    KAFKA_BROKERS: brokers ?? local?.kafka,
    REDIS_URL: redis ?? local?.redis,
    SCHEMA_REGISTRY_URL: schemaRegistry ?? local?.schemaRegistry,
  });
}

/** On the local stack as its service user; elsewhere with the credentials that the AWS SDK finds. */
function lakeOptions({ homeRegion = 'us-1' }: ReplayPlaces, local: Endpoints | undefined) {
  const { AWS_ENDPOINT_URL } = process.env;
  const common = { region: homeRegions[homeRegion], now: Date.now };
  if (local === undefined) return { ...common, ...(AWS_ENDPOINT_URL ? { endpoint: AWS_ENDPOINT_URL } : {}) };
  const { accessKeyId, secretAccessKey } = local.awsUsers.service;
  return { ...common, endpoint: local.aws, credentials: { accessKeyId, secretAccessKey } };
}

async function journalEnd(admin: StreamAdmin): Promise<number> {
  const [end] = await admin.ends(registrationsTopic);
  if (end === undefined) throw new Error(`${registrationsTopic} has no partition`);
  return end.high;
}
