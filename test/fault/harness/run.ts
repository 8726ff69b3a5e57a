import { setTimeout as pause } from 'node:timers/promises';
import type { ActivityEncoder } from '@tributary/local/feed/feed.ts';
import type { FeedRecord } from '@tributary/local/feed/feed-record.ts';
import { poison } from '@tributary/local/feed/hard-cases.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic, clusterLayouts, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Acting } from './acting.ts';
import { consumerGroup } from './action-operator.ts';
import { flusherGroup } from './actions.ts';
import { blindSpots } from './blind-spots.ts';
import { applyFaults } from './fault-runner.ts';
import {
  type AppliedFault,
  countsByKind,
  type Freshness,
  freshnessOf,
  longestRecovery,
  type Passage,
} from './figures.ts';
import { allRecords, rejections } from './kafka-evidence.ts';
import { Lakes } from './lakes.ts';
import type { MutantName } from './mutants.ts';
import { Producer } from './producer.ts';
import { MemorySampler, OffsetSampler } from './samplers.ts';
import type { PlannedFault } from './schedule.ts';
import { untilSettled } from './settling.ts';
import { type Evidence, isClean, type LoggedRecord, type Verdict, verdictOf } from './verdict.ts';
import { fiftyRegistrations, startWorld, type World } from './world.ts';

/** One run of the harness. */
export interface RunOptions {
  readonly seed: number;
  readonly planned: readonly PlannedFault[];
  readonly ratePerSecond: number;
  readonly windowSeconds: number;
  readonly sessionSeconds: number;
  /** How long to wait at most until nothing is missing. */
  readonly settleSeconds: number;
  /** Guards that our services lack. */
  readonly mutants: readonly MutantName[];
  readonly signal: AbortSignal;
  readonly onNotice: (sentence: string) => void;
}

/** What a run found. */
export interface RunResult {
  readonly clean: boolean;
  /** Whether events were missing for longer after the healing than they may. */
  readonly late: boolean;
  /** What the checker would not have seen of this run: see `blindSpots`. */
  readonly blind: readonly string[];
  readonly verdict: Verdict;
  readonly faults: readonly AppliedFault[];
  readonly leftOut: readonly string[];
  readonly failed: readonly string[];
  /** When feeding began, ms since the epoch. */
  readonly startedAt: number;
  readonly figures: RunFigures;
}

/** The figures of a run, as its JSON line has them. */
export interface RunFigures {
  readonly seed: number;
  readonly events: number;
  readonly unknownSends: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly objects: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly misrouted: number;
  readonly misjudged: number;
  readonly invalid: number;
  readonly wentBack: number;
  readonly offsetSamples: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly leftOut: number;
  readonly restarts: number;
  readonly windowSeconds: number;
  /** From the moment when all was healed until nothing was missing. */
  readonly unseenSeconds: number;
  /** What that may be: see `unseenAllowedMs`. */
  readonly unseenAllowedSeconds: number;
  readonly longestRecovery: { readonly seconds: number; readonly after: string };
  /** Of customers whose lake was never failing on its own; outages of everything included. */
  readonly freshness: Freshness;
  /** MiB at the most, of each process. */
  readonly peakMemory: Readonly<Record<string, number>>;
}

/** Seconds without a sign of life until others get the partitions of a process: the least that the services take. */
export const sessionSeconds = 10;
const sampleEveryMs = 2_000;
const lakesEveryMs = 8_000;
/** One record broken on purpose among so many. */
const poisonEvery = 150;

/** Brings up a world, feeds it, breaks it as planned, heals it, waits, and checks what came out. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const { onNotice, signal, windowSeconds } = options;
  const world = await startWorld({
    ...{ windowSeconds, sessionSeconds: options.sessionSeconds, customers: fiftyRegistrations() },
    mutants: options.mutants,
    ...{ disks: options.planned.some(({ kind }) => kind.endsWith('disk-full')), signal, onNotice },
  });
  try {
    return await inWorld(world, options);
  } finally {
    await world.stop();
  }
}

async function inWorld(world: World, options: RunOptions): Promise<RunResult> {
  const { planned, signal, onNotice } = options;
  const encoder = await registerActivitySchemas(world.endpoints.schemaRegistry);
  const producer = new Producer({
    records: eventsOf(options, encoder, Date.now()),
    ratePerSecond: options.ratePerSecond,
    publisher: () => world.stream.publisher(),
    encoder,
    partitions: clusterLayouts.local.agentPartitions,
    now: Date.now,
    sleep: (ms) => pause(ms),
  });
  const admin = world.stream.admin();
  const offsets = new OffsetSampler(
    admin,
    new Map([
      [consumerGroup, eventClassNames.map(agentTopic)],
      [flusherGroup, eventClassNames.map(handoffTopic)],
    ]),
  );
  const memory = new MemorySampler();
  const lakes = new Lakes(world.lakes.s3, world.sources, (uuid) => producer.sent.get(uuid)?.awsAccount);
  const acting: Acting = {
    ...{ world, producer, offsets, incarnations: new Map<string, number[]>(), kept: [], violations: [] },
    lasting: (ms) =>
      pause(ms, undefined, { signal }).then(
        () => undefined,
        () => undefined,
      ),
  };
  const stopLooking = new AbortController();
  const looking = Promise.all([
    repeat(sampleEveryMs, stopLooking.signal, async () => {
      await offsets.look();
      for (const name of world.services.names) memory.look(name, world.services.pid(name));
    }),
    repeat(lakesEveryMs, stopLooking.signal, () => lakes.look()),
  ]);
  try {
    onNotice(`Feeding ${options.ratePerSecond} events a second, and ${planned.length} faults`);
    const startedAt = Date.now();
    const feeding = producer.run();
    const applied = await applyFaults(planned, acting, signal, onNotice).finally(() => producer.stop());
    const healedAt = Date.now();
    onNotice(`All healed; ${producer.sent.size} events were sent. Waiting until none is missing`);
    await feeding;
    signal.throwIfAborted();
    const unseen = await untilSettled({ world, acting, producer, lakes }, { ...options, healedAt });
    stopLooking.abort();
    await looking;
    const records = [...acting.kept, ...(await allRecords(world.stream, acting.incarnations))];
    const evidence = await evidenceOf(world, acting, producer, lakes, offsets, records);
    const verdict = verdictOf(evidence);
    const late = unseen.ms > unseen.allowedMs;
    const blind = isClean(verdict) ? blindSpots(evidence) : [];
    const clean = isClean(verdict) && applied.failed.length === 0 && !late && blind.length === 0;
    const passages = passagesOf(world, records, lakes);
    const harmed = new Set(
      planned.flatMap(({ lake }) => (lake?.tenant === undefined ? [] : world.tenants[lake.tenant]!.name)),
    );
    const { wrong: _, ...counts } = verdict;
    const figures: RunFigures = {
      ...{ seed: options.seed, ...counts, unknownSends: producer.unknown, objects: lakes.objects },
      ...{ offsetSamples: offsets.samples, faults: countsByKind(applied.faults), leftOut: applied.leftOut.length },
      restarts: world.services.names.reduce((sum, name) => sum + world.services.restarts(name), 0),
      windowSeconds: options.windowSeconds,
      ...{ unseenSeconds: seconds(unseen.ms), unseenAllowedSeconds: seconds(unseen.allowedMs) },
      longestRecovery: longestRecovery(applied.faults, passages),
      freshness: freshnessOf(passages.filter(({ account }) => !harmed.has(account))),
      peakMemory: Object.fromEntries(memory.peaks),
    };
    return { clean, late, blind, verdict, ...applied, startedAt, figures };
  } finally {
    stopLooking.abort();
    await looking.catch(() => {});
    await admin.close();
  }
}

async function evidenceOf(
  world: World,
  acting: Acting,
  producer: Producer,
  lakes: Lakes,
  offsets: OffsetSampler,
  logged: readonly LoggedRecord[],
): Promise<Evidence> {
  const ours = new Set(world.customers.map(({ bucketName }) => bucketName));
  const created = world.lakeFaults.puts
    .filter(({ bucketName, status }) => status === 200 && ours.has(bucketName))
    .map(({ bucketName, key }) => `${bucketName}/${key}`);
  return {
    isRegistered: world.isRegistered,
    sent: producer.sent,
    logged,
    rows: lakes.rows,
    rejections: await rejections(world.stream, acting.incarnations),
    invalid: lakes.invalid,
    createdTwice: created.filter((object, at) => created.indexOf(object) !== at),
    wentBack: [...offsets.wentBack, ...acting.violations],
  };
}

/** When each delivered event was appended, and when its object was created. */
function passagesOf(world: World, records: readonly LoggedRecord[], lakes: Lakes): Passage[] {
  const createdAt = new Map<string, number>();
  for (const { bucketName, key, at, status } of world.lakeFaults.puts)
    if (status === 200) createdAt.set(`${bucketName}/${key}`, at);
  const appendedAt = new Map(records.map((record) => [record.uuid, record.appendedAt]));
  return lakes.rows.flatMap(({ account, uuid, object }) => {
    const [appended, created] = [appendedAt.get(uuid), createdAt.get(object)];
    return appended === undefined || created === undefined
      ? []
      : [{ account, appendedAt: appended, createdAt: created }];
  });
}

/** A simulated fleet, and among it records that are broken in every way. */
function* eventsOf({ seed, ratePerSecond }: RunOptions, encoder: ActivityEncoder, now: number): Generator<FeedRecord> {
  const accounts = fiftyRegistrations().map(({ account }) => account);
  const run = `seed-${seed}`;
  const options = { run, account: accounts[0]!, seed };
  const broken = eventClassNames.flatMap((eventClass) =>
    poison(options, eventClass, now, encoder.schemaIdOf(eventClass)),
  );
  const sound = simulate({
    ...{ accounts, hostsPerAccount: 4, run, seed, startMs: now },
    ...{ count: 10_000_000, stepMs: 1000 / ratePerSecond },
  });
  let sent = 0;
  for (const record of sound) {
    yield record;
    sent += 1;
    const next = sent % poisonEvery === 0 ? broken.pop() : undefined;
    if (next !== undefined) yield next;
  }
}

const seconds = (ms: number) => Math.round(ms / 100) / 10;

async function repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(everyMs, undefined, { signal }).catch(() => {});
  }
}
