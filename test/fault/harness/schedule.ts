import { createDice, type Dice } from '@tributary/local/feed/dice.ts';
import { type LakeCall, type LakeFaultKind, lakeFaultKinds } from './lake-answers.ts';

/** The processes that a run has. */
export const replicas = ['registration', 'consumer-1', 'consumer-2', 'flusher-1', 'flusher-2'] as const;
export type ReplicaOfRun = (typeof replicas)[number];

/** What can be done to a run. Each says in a few words what a person reads of it. */
export const faultKinds = {
  kill: 'kill -9 of one of our processes',
  terminate: 'SIGTERM to one of our processes',
  zombie: 'one of our processes stands still longer than its session or for 60 s, then goes on',
  'clock-jump': 'the clock of one consumer or flusher jumps, and later back',
  'rebalance-storm': 'a member joins and leaves a group every few seconds',
  'kafka-restart': 'Kafka stops in good order and starts again',
  'kafka-kill': 'kill -9 of Kafka',
  'kafka-bursts': 'Kafka stands still for seconds, again and again',
  'kafka-disk-full': 'the disk of Kafka is full',
  'redis-kill': 'kill -9 of Redis',
  'redis-wipe': 'Redis loses everything',
  'redis-slow': 'every answer of Redis is late',
  'redis-failover': 'a replica takes over from Redis, and later another from it',
  'redis-disk-full': 'the disk of Redis is full',
  'registry-away': 'the schema registry is away',
  'lake-tenant': 'S3 or STS fails for one customer',
  'lake-all': 'S3 or STS fails for everybody',
  'topic-recreated': 'an operator makes an agent topic anew, and raises its epoch',
  'offset-out-of-range': 'an offset of the consumers is set beyond the log, and later right again',
} as const satisfies Record<string, string>;
export type FaultKind = keyof typeof faultKinds;
/** The names of all kinds. */
export const faultNames = Object.keys(faultKinds) as FaultKind[];

/** One fault of a run, as it follows from the seed. */
export interface PlannedFault {
  /** Its place in the run's sequence, from 1 on: also when others were left out. */
  readonly index: number;
  readonly kind: FaultKind;
  /** When it begins, and how long it lasts once it has. Both ms, the first from the start of the run. */
  readonly atMs: number;
  readonly forMs: number;
  /** What it is done to, as each kind needs it. */
  readonly replica?: ReplicaOfRun;
  readonly lake?: { readonly kind: LakeFaultKind; readonly call: LakeCall; readonly tenant?: number };
  /** How far the clock jumps. */
  readonly jumpMs?: number;
  /** Which event class, counted from 0. */
  readonly eventClass?: number;
  readonly group?: 'consumer' | 'flusher';
}

/** From what a sequence is drawn. */
export interface ScheduleOptions {
  readonly seed: number;
  /** How long faults begin. */
  readonly faultMs: number;
  readonly only?: readonly FaultKind[];
  /** Customers that may be met. */
  readonly tenants: number;
  readonly eventClasses: number;
  /** After so long without a sign of life others take a process's partitions. */
  readonly sessionMs: number;
}

/** A new fault begins about this often. */
const everyMs = 8_000;
const calmMs = 8_000;
/** Standing still for long: for longer than Kafka keeps a transaction open, and than the members of a group wait for each other. */
const longZombieMs = 60_000;
/** Runs in which faults begin for less than this have no long zombie: it would take longer than all else. */
const longZombieFromMs = 120_000;

/**
 * The sequence of a seed: nothing else decides it, so that it can be played again. Kinds are drawn as from a deck of
 * cards: each comes once before any comes again, so that a long run has them all.
 */
export function scheduleOf(options: ScheduleOptions): PlannedFault[] {
  const dice = createDice(options.seed);
  const deck = deckOf(options.only ?? faultNames);
  const count = Math.max(1, Math.floor((options.faultMs - calmMs) / everyMs));
  const planned: PlannedFault[] = [];
  let left: FaultKind[] = [];
  for (let index = 1; index <= count; index++) {
    if (left.length === 0) left = shuffled(dice, deck);
    const atMs = calmMs + (index - 1) * everyMs + dice.between(0, everyMs / 2);
    const drawn = left.pop()!;
    planned.push({ index, kind: drawn, atMs, ...drawOf[drawn](dice, options) });
  }
  return planned;
}

/** Lakes fail more often than anything else, and in more ways. */
const deckOf = (kinds: readonly FaultKind[]) =>
  kinds.flatMap((kind) => (kind === 'lake-tenant' ? [kind, kind] : [kind]));

function shuffled<T>(dice: Dice, all: readonly T[]): T[] {
  const rest = [...all];
  for (let at = rest.length - 1; at > 0; at--) {
    const other = dice.between(0, at);
    [rest[at], rest[other]] = [rest[other]!, rest[at]!];
  }
  return rest;
}

type Drawn = Omit<PlannedFault, 'index' | 'kind' | 'atMs'>;

const lasting = (from: number, to: number) => (dice: Dice) => ({ forMs: dice.between(from, to) });
const clocked = replicas.filter((name) => name !== 'registration');

const drawOf: Readonly<Record<FaultKind, (dice: Dice, options: ScheduleOptions) => Drawn>> = {
  kill: (dice) => ({ forMs: 0, replica: dice.one([...replicas]) }),
  terminate: (dice) => ({ forMs: 0, replica: dice.one([...replicas]) }),
  zombie: (dice, { sessionMs, faultMs }) => {
    const beyondMs = dice.between(2_000, 8_000);
    const isLong = faultMs >= longZombieFromMs && beyondMs % 2 === 0;
    return { forMs: isLong ? longZombieMs : sessionMs + beyondMs, replica: dice.one([...replicas]) };
  },
  'clock-jump': (dice) => ({
    forMs: dice.between(8_000, 15_000),
    replica: dice.one([...clocked]),
    jumpMs: dice.one([-1, 1]) * dice.one([15_000, 600_000, 7_200_000]),
  }),
  'rebalance-storm': (dice) => ({ forMs: dice.between(12_000, 20_000), group: dice.one(['consumer', 'flusher']) }),
  'kafka-restart': lasting(0, 4_000),
  'kafka-kill': lasting(0, 4_000),
  'kafka-bursts': lasting(12_000, 20_000),
  'kafka-disk-full': lasting(6_000, 10_000),
  'redis-kill': lasting(2_000, 10_000),
  'redis-wipe': lasting(0, 5_000),
  'redis-slow': lasting(8_000, 15_000),
  'redis-failover': lasting(6_000, 12_000),
  'redis-disk-full': lasting(6_000, 12_000),
  'registry-away': lasting(6_000, 15_000),
  'lake-tenant': (dice, { tenants }) => ({
    forMs: dice.between(8_000, 25_000),
    lake: { ...lakeDraw(dice), tenant: dice.between(0, tenants - 1) },
  }),
  'lake-all': (dice) => ({ forMs: dice.between(5_000, 12_000), lake: lakeDraw(dice) }),
  'topic-recreated': (dice, { eventClasses }) => ({ forMs: 0, eventClass: dice.between(0, eventClasses - 1) }),
  'offset-out-of-range': (dice, { eventClasses }) => ({
    forMs: dice.between(2_000, 5_000),
    eventClass: dice.between(0, eventClasses - 1),
  }),
};

function lakeDraw(dice: Dice): { kind: LakeFaultKind; call: LakeCall } {
  // Roles are assumed once an hour at most: most calls are puts.
  return { kind: dice.one([...lakeFaultKinds]), call: dice.chance(20) ? 'AssumeRole' : 'PutObject' };
}

/** A fault in a few words: what, to whom, how. */
export function titleOf({ kind, forMs, replica, lake, jumpMs, eventClass, group }: PlannedFault): string {
  const whom = lake?.tenant === undefined ? 'everybody' : `customer ${lake.tenant + 1}`;
  const details = [
    replica,
    kind === 'zombie' ? `for ${Math.round(forMs / 1000)} s` : undefined,
    group === undefined ? undefined : `${group}s`,
    lake === undefined ? undefined : `${lake.call} ${lake.kind} of ${whom}`,
    jumpMs === undefined ? undefined : `by ${jumpMs / 1000} s`,
    eventClass === undefined ? undefined : `class ${eventClass + 1}`,
  ].filter((part) => part !== undefined);
  return [kind, ...details].join(' ');
}
