import { describe, expect, it } from '@jest/globals';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic, handoffTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';
import type { CommittedOffset, PartitionEnds } from '@tributary/stream';
import fc from 'fast-check';
import { ClassProgress } from './class-progress.ts';
import type { ArrivalSlack } from './source-times.ts';
import { StatusBook } from './status-book.ts';

/** One class on a cluster of two agent and two hand-off partitions, with as little else as there can be. */
const eventClass: EventClass = 'file-activity';
const partitions = 2;
/** As tight as can be, and with clocks that differ and records that are hidden for a while. */
const slacks = [
  { clockSkewMs: 0, appendHiddenMs: 0 },
  { clockSkewMs: 5, appendHiddenMs: 20 },
];
const registrations = ['000000000001', '000000000002', '000000000003'].map(
  (account): RegistrationId => `${account}/${eventClass}`,
);

interface Event {
  /** By the model's own clock. */
  readonly at: number;
  readonly appendedAt: number;
  readonly registration: RegistrationId;
}
interface Row extends Event {
  readonly source: string;
}

/** Everything that can happen, in any order; numbers choose among what is there. */
type Action =
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'append'; readonly partition: number; readonly owner: number; readonly skew: number }
  | { readonly do: 'show'; readonly partition: number }
  | { readonly do: 'hand-off'; readonly partition: number; readonly records: number; readonly commit: boolean }
  | { readonly do: 'flush'; readonly partition: number; readonly rows: number; readonly crash: boolean }
  | { readonly do: 'refuse'; readonly owner: number; readonly refuses: boolean }
  | { readonly do: 'redeliver'; readonly owner: number }
  | { readonly do: 'read-on'; readonly questions: number };

class World {
  readonly slack: ArrivalSlack;
  now = 1_000_000;
  readonly logs: Event[][] = [[], []];
  /** How many of a log's events a reader can see. */
  readonly shown = [0, 0];
  readonly sources: CommittedOffset[] = [
    { offset: undefined, metadata: '' },
    { offset: undefined, metadata: '' },
  ];
  readonly handoff: Row[][] = [[], []];
  readonly flushed: (number | undefined)[] = [undefined, undefined];
  readonly receipts: Receipt[] = [];
  readonly lake = new Set<string>();
  readonly refusing = new Set<RegistrationId>();
  readonly parked = new Map<RegistrationId, { rows: readonly Row[]; receipt: Receipt }[]>();
  readonly book = new StatusBook();
  readonly progress = new ClassProgress(eventClass);
  #reader: Promise<void> | undefined;
  #go: (() => void) | undefined;
  #receiptsRead = 0;

  constructor(slack: ArrivalSlack) {
    this.slack = slack;
  }

  async act(action: Action): Promise<void> {
    if (action.do === 'tick') this.now += action.ms;
    else if (action.do === 'append') this.#append(action);
    else if (action.do === 'show') this.shown[action.partition] = this.logs[action.partition]!.length;
    else if (action.do === 'hand-off') this.#handOff(action);
    else if (action.do === 'flush') this.#flush(action);
    else if (action.do === 'redeliver') this.#redeliver(registrations[action.owner]!);
    else if (action.do === 'read-on') {
      for (let question = 0; question < action.questions; question++) await this.readOn();
    } else if (action.refuses) this.refusing.add(registrations[action.owner]!);
    else this.refusing.delete(registrations[action.owner]!);
    // Kafka takes a replica that is slower out.
    for (const [partition, log] of this.logs.entries()) {
      const late = log.findLastIndex(({ at }) => at <= this.now - this.slack.appendHiddenMs);
      this.shown[partition] = Math.max(this.shown[partition]!, late + 1);
    }
  }

  #append({ partition, owner, skew }: Extract<Action, { do: 'append' }>): void {
    const before = this.logs[partition]!.at(-1)?.appendedAt ?? 0;
    // A leader's clock is a little off; the next leader's may be behind it.
    const { clockSkewMs } = this.slack;
    const appendedAt = clockSkewMs === 0 ? this.now : Math.max(this.now + skew, before - clockSkewMs);
    this.logs[partition]!.push({ at: this.now, appendedAt, registration: registrations[owner]! });
  }

  #handOff({ partition, records, commit }: Extract<Action, { do: 'hand-off' }>): void {
    const from = this.sources[partition]!.offset ?? 0;
    const batch = this.logs[partition]!.slice(from, Math.min(from + records, this.shown[partition]!));
    if (batch.length === 0) return;
    for (const [at, event] of batch.entries())
      this.handoff[handoffPartition(event.registration, partitions)]!.push({
        ...event,
        source: `${partition}/${from + at}`,
      });
    if (!commit) return;
    const metadata = encodeSourceProgress(Math.max(...batch.map(({ appendedAt }) => appendedAt)));
    this.sources[partition] = { offset: from + batch.length, metadata };
  }

  #flush({ partition, rows, crash }: Extract<Action, { do: 'flush' }>): void {
    const from = this.flushed[partition] ?? 0;
    const cut = this.handoff[partition]!.slice(from, from + rows);
    for (const registration of new Set(cut.map((row) => row.registration))) {
      const own = cut.filter((row) => row.registration === registration);
      const receipt = this.#receipt(partition, from + cut.indexOf(own[0]!), own);
      const isRefused = this.refusing.has(registration) && !this.lake.has(own[0]!.source);
      if (isRefused) this.parked.set(registration, [...(this.parked.get(registration) ?? []), { rows: own, receipt }]);
      else for (const { source } of own) this.lake.add(source);
      this.receipts.push({ ...receipt, outcome: isRefused ? 'parked' : 'delivered' });
    }
    if (!crash) this.flushed[partition] = from + cut.length;
  }

  #receipt(partition: number, first: number, rows: readonly Row[]): Receipt {
    const name = Buffer.from(`${partition}-${first}-${rows.length}`).toString('hex').padStart(13, '0').slice(-13);
    return {
      outcome: 'delivered',
      registration: rows[0]!.registration,
      generation: 1,
      eventClass,
      objectKey: `ext/a/${name}${'0'.repeat(19)}.parquet`,
      rows: rows.length,
      bytes: 1,
      handoffTopic: handoffTopic(eventClass),
      handoffPartition: partition,
      offsets: [first, first + rows.length - 1],
      times: [rows[0]!.appendedAt, rows[0]!.appendedAt],
      writtenAt: this.now,
    };
  }

  #redeliver(registration: RegistrationId): void {
    const next = this.parked.get(registration)?.shift();
    if (next === undefined) return;
    for (const { source } of next.rows) this.lake.add(source);
    this.receipts.push({ ...next.receipt, outcome: 'delivered' });
  }

  /** The status reader asks its next question, and gets the answer. */
  async readOn(): Promise<void> {
    this.#reader ??= this.progress.round(this.#neighbours()).finally(() => {
      this.#reader = undefined;
    });
    await settle();
    this.#go?.();
    await settle();
  }

  #neighbours(): Parameters<ClassProgress['round']>[0] {
    const turn = () =>
      new Promise<void>((resolve) => {
        this.#go = resolve;
      });
    const ends = (lengths: readonly number[]): PartitionEnds[] =>
      lengths.map((high, partition) => ({ partition, low: 0, high }));
    return {
      ...{ consumerGroup: 'consumer', flusherGroup: 'flusher', slack: this.slack, now: () => this.now },
      admin: {
        committed: async (_group, topic) => {
          await turn();
          const all =
            topic === agentTopic(eventClass) ? this.sources : this.flushed.map((offset) => ({ offset, metadata: '' }));
          return new Map([...all.entries()].filter(([, { offset }]) => offset !== undefined));
        },
        ends: async (topic) => {
          await turn();
          if (topic === receiptsTopic) return ends([this.receipts.length]);
          return ends(topic === agentTopic(eventClass) ? this.shown : this.handoff.map((rows) => rows.length));
        },
      },
      receiptsRead: async (before) => this.readReceipts(before),
    };
  }

  readReceipts(before: number): void {
    for (; this.#receiptsRead < before; this.#receiptsRead++)
      this.book.receipt({
        offset: this.#receiptsRead,
        value: Buffer.from(JSON.stringify(this.receipts[this.#receiptsRead])),
      });
  }

  /** Everybody goes on until nothing is left to do, and the reader looks twice. */
  async settleAll(): Promise<void> {
    await this.act({ do: 'tick', ms: this.slack.appendHiddenMs });
    this.refusing.clear();
    for (const partition of [0, 1]) {
      for (const records of [1_000, 1_000]) await this.act({ do: 'hand-off', partition, records, commit: true });
    }
    for (const partition of [0, 1]) await this.act({ do: 'flush', partition, rows: 1_000, crash: false });
    for (const owner of registrations.keys())
      while (this.parked.get(registrations[owner]!)?.length) await this.act({ do: 'redeliver', owner });
    for (let question = 0; question < 24; question++) await this.readOn();
  }

  through(registration: RegistrationId): number | undefined {
    return this.progress.through(
      handoffPartition(registration, partitions),
      this.book.heldBack(registration, this.now),
    );
  }

  /** Events of the registration that arrived up to `through` and aren't in the lake. */
  missing(registration: RegistrationId, through: number): string[] {
    return this.logs.flatMap((log, partition) =>
      log.flatMap((event, offset) =>
        event.registration === registration && event.appendedAt <= through && !this.lake.has(`${partition}/${offset}`)
          ? [`${partition}/${offset}`]
          : [],
      ),
    );
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

const below = (max: number) => fc.integer({ min: 0, max });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tick' as const), ms: below(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      partition: below(1),
      owner: below(2),
      skew: fc.integer({ min: -2, max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('show' as const), partition: below(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('hand-off' as const),
      partition: below(1),
      records: fc.integer({ min: 1, max: 4 }),
      commit: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('flush' as const),
      partition: below(1),
      rows: fc.integer({ min: 1, max: 6 }),
      crash: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refuse' as const), owner: below(2), refuses: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeliver' as const), owner: below(2) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read-on' as const), questions: fc.constantFrom(1, 1, 2, 7) }) },
);

describe('delivered-through', () => {
  it('is_never_ahead_of_the_lake_whatever_happens_between_two_questions', async () => {
    let answers = 0;
    const actions = fc.array(action, { minLength: 60, maxLength: 160 });
    const ofRuns = fc.asyncProperty(fc.constantFrom(...slacks), actions, async (slack, all) => {
      const world = new World(slack);
      for (const next of all) {
        await world.act(next);
        for (const registration of registrations) {
          const through = world.through(registration);
          if (through === undefined) continue;
          answers += 1;
          expect({ registration, through, missing: world.missing(registration, through) }).toMatchObject({
            missing: [],
          });
        }
      }
    });
    await fc.assert(ofRuns, { numRuns: 200 });
    expect(answers).toBeGreaterThan(1_000);
  }, 60_000);

  it('comes_up_to_the_present_once_everything_is_delivered', async () => {
    const ofRuns = fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 60 }), async (all) => {
      const world = new World(slacks[1]!);
      for (const next of all) await world.act(next);
      await world.settleAll();
      const present = world.now - 1 - world.slack.appendHiddenMs - world.slack.clockSkewMs;
      for (const registration of registrations) expect(world.through(registration)).toBeGreaterThanOrEqual(present);
    });
    await fc.assert(ofRuns, { numRuns: 100 });
  }, 60_000);
});
