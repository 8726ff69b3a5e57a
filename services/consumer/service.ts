import { setTimeout as delay } from 'node:timers/promises';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic, clusterLayouts, registrationsTopic, topicsOf } from '@tributary/schemas/kafka/topics.ts';
import {
  countStuck,
  type Log,
  type Metrics,
  type OnStep,
  type RunningService,
  serveOperations,
  within,
} from '@tributary/service';
import { type Stream, type StreamAdmin, WatchedMember } from '@tributary/stream';
import { expectTopics } from '@tributary/stream/topic-job.ts';
import { lookEvery, unprocessedRecords } from '@tributary/stream/unprocessed.ts';
import { type Known, type Mirror, readKnown } from '@tributary/subscriptions';
import { Intake } from './intake.ts';
import type { Decoders, Subscriptions } from './neighbours.ts';
import { judgeSources } from './recreated.ts';
import type { ConsumerSettings } from './settings.ts';
import type { Workspaces } from './workspace.ts';

/** How often the mirror is kept up to date when no batch does it, so that an idle consumer knows whether it could work. */
const refreshEveryMs = 5_000;
/** How often it is counted what waits. */
const countEveryMs = 15_000;
/** A consumer that hasn't heard from Redis and the journal for this long is not ready. */
const silenceMsMax = 30_000;
/** Two portions of the largest at once; each takes several times as much as columns, rows and messages. */
const workBytesMax = 32 * 1024 * 1024;
/** A stop ends within 25 s, also when a neighbour doesn't answer: what was not committed is read again by the next owner. */
const leaveWithinMs = 18_000;
const closeWithinMs = 4_000;

/** The neighbours of a consumer, made by `main`. The consumer closes what it was given to close. */
export interface ConsumerParts {
  readonly stream: Stream;
  readonly decoders: Decoders;
  readonly mirror: (
    journalEnd: () => Promise<number>,
    known: () => Promise<Known | undefined>,
  ) => Mirror & { close(): Promise<void> };
  readonly workspaces: Workspaces;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Ms on a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly onStep: OnStep;
  /** Told once when the consumer can't go on. */
  readonly fail: (error: Error) => void;
}

/**
 * Starts a consumer: it joins its group and hands off every agent partition that it is given. Throws WrongTopics unless
 * the cluster's topics are as the layout says. A neighbour that is away later on only makes it wait.
 */
export async function startConsumer(
  settings: ConsumerSettings,
  parts: ConsumerParts,
): Promise<RunningService & { readonly metricsPort: number }> {
  const { stream, log, metrics, elapsed } = parts;
  const layout = clusterLayouts[settings.CLUSTER_LAYOUT];
  const admin = stream.admin();
  await expectTopics(admin, topicsOf('consumer'), layout);
  const mirror = parts.mirror(
    () => journalEnd(admin),
    () => readKnown(admin),
  );
  const subscriptions = await watchedSubscriptions(mirror, parts, metrics);
  const publisher = stream.publisher({ compression: settings.HANDOFF_COMPRESSION });
  const { GROUP_ID: groupId, FLUSHER_GROUP_ID: flusherGroupId } = settings;
  const member: WatchedMember = new WatchedMember({
    make: () => stream.member({ groupId, topics: eventClassNames.map(agentTopic) }),
    admin,
    log,
    now: elapsed,
    stuckMsMax: settings.STUCK_SECONDS * 1000,
    isWaiting: (partition) => intake.isWaiting(partition),
    onLook: countStuck(metrics),
  });
  const epochOf = (topic: string) => settings.SOURCE_EPOCHS.get(topic) ?? 0;
  const intake: Intake = new Intake({
    neighbours: {
      ...parts,
      subscriptions,
      publisher,
      member,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      handoffPartitions: layout.handoffPartitions,
      epochOf,
    },
    onStep: parts.onStep,
    pause: (ms, signal) => delay(ms, undefined, { signal }),
    lingerMs: settings.LINGER_MS,
    onCrashed: parts.fail,
    fetching: member,
    memory: { heldBytesMax: settings.MEMORY_BYTES_MAX, workBytesMax },
    judge: judgeSources({ admin, groupId, flusherGroupId, epochOf }),
  });
  let joined = false;
  const operations = await serveOperations({
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    metrics,
    notAlive: () => member.notAlive(),
    notReady: () => (joined ? waitsFor(intake, subscriptions) : 'has not joined its group yet'),
  });
  const counting = lookEvery(countEveryMs, () => countWaiting(intake, groupId, admin, metrics));
  await member.start(intake);
  joined = true;
  log.info({ groupId }, 'has joined its group');

  return {
    metricsPort: operations.port,
    stop: async () => {
      intake.stop();
      await within(leaveWithinMs, member.stop());
      subscriptions.stop();
      counting.stop();
      await within(closeWithinMs, Promise.all([publisher.close(), admin.close(), mirror.close(), operations.close()]));
    },
  };
}

/** What waits in our partitions. A batch is committed as soon as it is handed off, so the commit says how far we are. */
async function countWaiting(intake: Intake, groupId: string, admin: StreamAdmin, metrics: Metrics): Promise<void> {
  const positions = intake.partitions().map((partition) => ({ ...partition, next: undefined }));
  const waiting = await unprocessedRecords(admin, groupId, eventClassNames.map(agentTopic), positions);
  for (const eventClass of eventClassNames)
    metrics.set(
      'tributary_consumer_unprocessed_records',
      { event_class: eventClass },
      waiting.get(agentTopic(eventClass)) ?? 0,
    );
}

async function journalEnd(admin: StreamAdmin): Promise<number> {
  const [end] = await admin.ends(registrationsTopic);
  if (end === undefined) throw new Error(`${registrationsTopic} has no partition`);
  return end.high;
}

interface WatchedSubscriptions extends Subscriptions {
  /** True when the last refresh that succeeded is too long ago. */
  isSilent(): boolean;
  stop(): void;
}

/** The mirror, refreshed also while there is nothing to route; a first refresh has been tried. */
async function watchedSubscriptions(
  mirror: Mirror,
  { now, elapsed }: Pick<ConsumerParts, 'now' | 'elapsed'>,
  metrics: Metrics,
): Promise<WatchedSubscriptions> {
  let answeredAt = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    await mirror.refresh();
    answeredAt = elapsed();
    metrics.set('tributary_consumer_mirror_timestamp_seconds', {}, now() / 1000);
  };
  const look = () => refresh().catch(() => undefined);
  await look();
  const timer = setInterval(look, refreshEveryMs);
  return {
    refresh,
    find: (account, eventClass) => mirror.find(account, eventClass),
    isSilent: () => elapsed() - answeredAt > silenceMsMax,
    stop: () => clearInterval(timer),
  };
}

function waitsFor(intake: Intake, subscriptions: WatchedSubscriptions): string | undefined {
  const causes = intake.causes();
  if (causes.length > 0) return `partitions stand still: ${causes.join(', ')}`;
  return subscriptions.isSilent() ? 'Redis or the journal has not answered lately' : undefined;
}
