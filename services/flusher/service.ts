import { setTimeout as delay } from 'node:timers/promises';
import type { Lake, Parking } from '@tributary/lake';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { flusherTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import {
  clusterLayouts,
  eventClassOfTopic,
  handoffTopic,
  receiptsTopic,
  registrationsTopic,
  topicsOf,
} from '@tributary/schemas/kafka/topics.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import {
  countStuck,
  inSpan,
  type Log,
  type Metrics,
  type OnStep,
  type RunningService,
  serveOperations,
  traceHeaders,
  within,
} from '@tributary/service';
import {
  type MemberHandlers,
  type PartitionEnds,
  type Publisher,
  type Stream,
  type StreamAdmin,
  WatchedMember,
} from '@tributary/stream';
import { expectTopics } from '@tributary/stream/topic-job.ts';
import { lookEvery, unprocessedRecords } from '@tributary/stream/unprocessed.ts';
import { type Known, type Mirror, readKnown } from '@tributary/subscriptions';
import { handoffRows } from './handoff-rows.ts';
import { measuredLake, measuredMirror } from './measured.ts';
import { Ownership } from './ownership.ts';
import { limitPuts } from './p-limit.ts';
import type { Encoder, FlusherParts } from './partition.ts';
import { patientStore } from './patient-store.ts';
import type { FlusherSettings } from './settings.ts';

/** A stop ends within 25 s, also when a neighbour doesn't answer: what is cut and not committed is redone by the next owner. */
const drainWithinMs = 12_000;
const leaveWithinMs = 6_000;
const closeWithinMs = 2_000;
const tickMs = 200;
/** How often it is counted what waits. */
const countEveryMs = 15_000;

/** The neighbours of a flusher, made by `main`. The flusher closes them when it stops. */
export interface Neighbours {
  readonly stream: Stream;
  readonly mirror: (
    journalEnd: () => Promise<number>,
    known: () => Promise<Known | undefined>,
  ) => Mirror & { close(): Promise<void> };
  readonly lake: Lake;
  readonly parking: Parking;
  readonly encoder: Encoder & { close(): Promise<void> };
  readonly log: Log;
  readonly metrics: Metrics;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Ms on a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly random: () => number;
  readonly randomHex: (bytes: number) => string;
  readonly onStep: OnStep;
  /** Told once when the flusher can't go on. */
  readonly fail: (error: Error) => void;
}

/** Starts a flusher: it joins its group and works every hand-off partition that it is given. */
export async function startFlusher(
  settings: FlusherSettings,
  neighbours: Neighbours,
): Promise<RunningService & { readonly metricsPort: number }> {
  const { stream, metrics } = neighbours;
  const admin = stream.admin();
  await expectTopics(admin, topicsOf('flusher'), clusterLayouts[settings.CLUSTER_LAYOUT]);
  const mirror = neighbours.mirror(
    () => endOf(admin, registrationsTopic, 0).then(({ high }) => high),
    () => readKnown(admin),
  );
  const receipts = stream.publisher({ compression: 'zstd' });
  const member = new WatchedMember({
    make: () => stream.member({ groupId: settings.GROUP_ID, topics: eventClassNames.map(handoffTopic) }),
    admin,
    log: neighbours.log,
    now: neighbours.elapsed,
    stuckMsMax: settings.STUCK_SECONDS * 1000,
    isWaiting: () => false,
    onLook: countStuck(metrics),
  });
  const parts = partsOf(settings, neighbours, {
    admin,
    mirror,
    receipts,
    seek: (topic, partition, offset) => member.seek({ topic, partition, offset }),
  });
  const ownership = new Ownership({
    parts,
    decode: handoffRows,
    fetching: member,
    memory: { memoryBytesMax: settings.MEMORY_BYTES_MAX, cutBytesMax: settings.CUT_BYTES_MAX },
    onStep: neighbours.onStep,
  });
  metrics.set('tributary_flusher_buffered_bytes_max', {}, settings.MEMORY_BYTES_MAX);

  let joined = false;
  const operations = await serveOperations({
    host: settings.METRICS_HOST,
    port: settings.METRICS_PORT,
    metrics,
    notAlive: () => member.notAlive(),
    notReady: () => (joined ? notReadyReason(ownership) : 'has not joined its group yet'),
  });
  const ticking = setInterval(() => ownership.tick(), tickMs);
  const counting = lookEvery(countEveryMs, () => countWaiting(ownership, settings.GROUP_ID, admin, metrics));
  const onJoined = () => {
    joined = true;
  };
  await member.start(handlersOf(ownership, neighbours, onJoined));

  return {
    metricsPort: operations.port,
    stop: async () => {
      await ownership.drain(drainWithinMs);
      clearInterval(ticking);
      counting.stop();
      await within(leaveWithinMs, member.stop());
      const closing = [receipts.close(), admin.close(), mirror.close(), neighbours.encoder.close(), operations.close()];
      await within(closeWithinMs, Promise.all(closing));
      neighbours.lake.close();
      neighbours.parking.close();
    },
  };
}

/** What the group tells its member is what the ownership is told. */
function handlersOf(ownership: Ownership, { log, fail }: Neighbours, onJoined: () => void): MemberHandlers {
  return {
    onBatch: (batch) => ownership.collect(batch),
    onAssigned: async (partitions) => {
      onJoined();
      log.info({ partitions: partitions.length }, 'was assigned hand-off partitions');
      await ownership.assign(partitions);
    },
    onOutOfRange: (position) => {
      // Kafka may be away at the moment: the next fetch finds the same.
      const warn = (error: Error) => log.warn({ err: error }, 'the ends of the log are not known');
      ownership.missing(position).catch(warn);
    },
    onUndecodable: async (batch) => {
      ownership.unreadable(batch);
      throw new Fault('invalid-handoff-message', `offset ${batch.firstOffset}`);
    },
    onCrashed: fail,
  };
}

async function countWaiting(ownership: Ownership, groupId: string, admin: StreamAdmin, metrics: Metrics) {
  const handoffs = eventClassNames.map(handoffTopic);
  const waiting = await unprocessedRecords(admin, groupId, handoffs, ownership.positions());
  for (const eventClass of eventClassNames)
    metrics.set(
      'tributary_flusher_unprocessed_records',
      { event_class: eventClass },
      waiting.get(handoffTopic(eventClass)) ?? 0,
    );
}

interface Connections {
  readonly admin: StreamAdmin;
  readonly mirror: Mirror;
  readonly receipts: Publisher;
  readonly seek: FlusherParts['seek'];
}

const receiptsSpan = {
  'messaging.system': 'kafka',
  'messaging.operation.name': 'send',
  'messaging.operation.type': 'send',
  'messaging.destination.name': receiptsTopic,
};

function partsOf(
  settings: FlusherSettings,
  neighbours: Neighbours,
  { admin, mirror, receipts, seek }: Connections,
): FlusherParts {
  const { stream, lake, elapsed, random } = neighbours;
  return {
    ...neighbours,
    region: homeRegions[settings.HOME_REGION],
    limits: {
      windowMs: settings.WINDOW_SECONDS * 1000,
      cutBytesMax: settings.CUT_BYTES_MAX,
      objectsPerRegistrationMax: settings.OBJECTS_PER_REGISTRATION_MAX,
      partRows: settings.PART_ROWS_MAX,
    },
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
    registrations: measuredMirror(mirror, neighbours),
    store: patientStore(measuredLake(lake, neighbours), { now: elapsed, random }),
    puts: limitPuts(),
    publishReceipts: async (all) => {
      await inSpan(`send ${receiptsTopic}`, { kind: 'producer', attributes: () => receiptsSpan }, () =>
        receipts.publish(
          all.map((receipt) => ({
            topic: receiptsTopic,
            partition: 0,
            key: receipt.registration,
            value: JSON.stringify(receipt),
            headers: traceHeaders(),
          })),
        ),
      );
    },
    committer: (topic, partition) =>
      stream.committer({
        topic,
        partition,
        groupId: settings.GROUP_ID,
        transactionalId: flusherTransactionalId(eventClassOfTopic(topic)!, partition),
      }),
    ends: (topic, partition) => endOf(admin, topic, partition),
    seek,
  };
}

function notReadyReason(ownership: Ownership): string | undefined {
  return standingReason(ownership) ?? ownership.parkingFault?.message;
}

function standingReason({ standing }: Ownership): string | undefined {
  const [first] = standing;
  return first === undefined
    ? undefined
    : `${standing.size} partition(s) stand still: ${first[0]}: ${first[1].message}`;
}

async function endOf(admin: StreamAdmin, topic: string, partition: number): Promise<PartitionEnds> {
  const found = (await admin.ends(topic)).find((one) => one.partition === partition);
  if (found === undefined) throw new Error(`${topic} has no partition ${partition}`);
  return found;
}
