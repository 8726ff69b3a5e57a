import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '@tributary/schemas/faults.ts';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Log, Metrics } from '@tributary/service';
import type { Publisher, Stream, StreamAdmin, StreamRecord } from '@tributary/stream';
import {
  decodeEntry,
  encodeChange,
  type JournalChange,
  type JournalEntry,
  journalKey,
  putRight,
  type SubscriptionStore,
} from '@tributary/subscriptions';
import { KnownRegistrations } from './applier-known.ts';
import type { AppliedJournal } from './neighbours.ts';
import { putStraysRight, readJournal } from './rebuild.ts';

const partition = 0;

/** What the applier needs; `checkEveryMs` and `patienceMs` are 1 s and 5 s in production. */
export interface ApplierOptions {
  readonly stream: Pick<Stream, 'read' | 'publisher' | 'committer'>;
  readonly admin: Pick<StreamAdmin, 'ends' | 'committed'>;
  readonly store: SubscriptionStore;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How often Redis is looked at, and how long the pause after a failure is. */
  readonly checkEveryMs?: number;
  /** How long a request waits for Redis to come as far as the journal. */
  readonly patienceMs?: number;
  /** Ms since the epoch. */
  readonly now: () => number;
}

interface Waiter {
  readonly offset: number;
  readonly resolve: () => void;
}

/**
 * Keeps Redis what the journal says: applies every record in order, and builds Redis anew from the journal when it is
 * empty or not whole. Any number of replicas may do so at once: the store refuses to step over a record or to go back.
 * A Redis that is *ahead* of the journal is left alone, because then the journal has lost records: a person must look.
 */
export class Applier implements AppliedJournal {
  readonly #options: ApplierOptions;
  readonly #checkEveryMs: number;
  readonly #patienceMs: number;
  readonly #stopping = new AbortController();
  readonly #known: KnownRegistrations;
  #publisher: Publisher | undefined;
  #applied = -1;
  #problem: string | undefined = 'the journal has not been read yet';
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#checkEveryMs = options.checkEveryMs ?? 1_000;
    this.#patienceMs = options.patienceMs ?? 5_000;
    this.#known = new KnownRegistrations(options);
  }

  /** Begins; everything else happens by itself until `stop`. */
  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#publisher?.close();
  }

  /** Why Redis can't be believed at the moment, or undefined when it is whole and has the whole journal. */
  notReady(): string | undefined {
    return this.#problem;
  }

  async caughtUp(): Promise<void> {
    const end = await within(this.#patienceMs, this.#journalEnd(), 'the end of the journal cannot be read');
    await this.reached(end - 1);
  }

  async reached(offset: number): Promise<void> {
    if (this.#problem === undefined && this.#applied >= offset) return;
    let waiter: Waiter | undefined;
    const reached = new Promise<void>((resolve) => {
      waiter = { offset, resolve };
      this.#waiters.push(waiter);
    });
    try {
      await within(this.#patienceMs, reached, this.#problem ?? 'Redis has not come as far as the journal');
    } finally {
      this.#waiters = this.#waiters.filter((waiting) => waiting !== waiter);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#round();
      } catch (error) {
        this.#doubt((error as Error).message);
      }
      await delay(this.#checkEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Finds out how far Redis is, rebuilds it when it isn't whole, and follows the journal until something is wrong. */
  async #round(): Promise<void> {
    const end = await this.#journalEnd();
    const found = await this.#versionWhenWhole();
    // What this replica applied counts also when Redis has lost it: the journal may be the one that is wrong.
    refuseShorterJournal(found ?? this.#applied, end);
    await this.#follow(found ?? (await this.#rebuild()));
  }

  async #rebuild(): Promise<number> {
    const { stream, store, log } = this.#options;
    const { fold, version } = await readJournal(stream, this.#stopping.signal);
    await this.#known.refuseLoss(fold);
    await putStraysRight(fold, this.#journal());
    const changes = fold.changes();
    const outcome = await store.rebuild(changes, version);
    if (outcome === 'busy') throw new Error('another replica rebuilds Redis');
    log.info({ version, records: changes.length, outcome }, 'built Redis from the journal');
    return outcome === 'newer' ? store.version() : version;
  }

  async #follow(version: number): Promise<void> {
    const { stream } = this.#options;
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, broken.signal]);
    let after = version;
    const watching = this.#watch(signal, () => after).catch((error: Error) => {
      this.#doubt(error.message);
      broken.abort();
    });
    try {
      await stream.read({
        topic: registrationsTopic,
        partition,
        from: version + 1,
        follow: true,
        signal,
        onRecord: async (record) => {
          await this.#apply(after, record);
          after = record.offset;
          this.#advance(after);
        },
        onCaughtUp: () => this.#trust(after),
      });
    } finally {
      broken.abort();
      await watching;
    }
  }

  async #apply(after: number, record: StreamRecord): Promise<void> {
    const { store } = this.#options;
    const { offset, change, decidedAt } = decodeEntry(record);
    const position = { after, offset, ...(decidedAt === undefined ? {} : { decidedAt }) };
    if ((await store.apply(position, change)) === 'applied') return;
    await this.#putRight({ offset, change, decidedAt });
    await store.skip({ after, offset });
  }

  /** Journals again what is so without the stray, before anybody goes past it: a crash in between only repeats this. */
  async #putRight({ change, offset }: JournalEntry): Promise<void> {
    this.#options.log.warn({ of: journalKey(change), offset }, 'a change came too late and does not count');
    const right = await this.#right(change);
    await this.#journal().publish([{ topic: registrationsTopic, partition, ...encodeChange(right, offset) }]);
  }

  /** What is so without the stray. */
  async #right(stray: JournalChange): Promise<JournalChange> {
    const { store } = this.#options;
    if (stray.kind === 'api-key')
      return { kind: 'api-key', record: (await store.apiKey(stray.record.id)) ?? stray.record };
    return putRight(stray.record, await store.registration(stray.record.registration));
  }

  #journal(): Publisher {
    this.#publisher ??= this.#options.stream.publisher();
    return this.#publisher;
  }

  /** Looks at Redis and the journal until one of them has gone back behind what this replica applied. */
  async #watch(signal: AbortSignal, after: () => number): Promise<void> {
    while (!signal.aborted) {
      const expected = after();
      const { version, registrations } = await this.#options.store.count();
      if (version < expected) throw new Fault('subscriptions-not-whole', `went back from ${expected} to ${version}`);
      refuseShorterJournal(expected, await this.#journalEnd());
      if (this.#problem === undefined) await this.#remember({ version, registrations });
      await delay(this.#checkEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Kafka may be busy with another replica's: the next look tries again. */
  async #remember(found: { readonly version: number; readonly registrations: number }): Promise<void> {
    await this.#known.remember(found).catch((error: Error) => {
      const isRefused = error instanceof Fault && error.code === 'kafka-refuses';
      this.#options.log[isRefused ? 'error' : 'debug'](
        { err: error },
        'the number of registrations was not remembered',
      );
    });
  }

  async #versionWhenWhole(): Promise<number | undefined> {
    try {
      return await this.#options.store.version();
    } catch (error) {
      if (error instanceof Fault && error.code === 'subscriptions-not-whole') return undefined;
      throw error;
    }
  }

  async #journalEnd(): Promise<number> {
    const ends = await this.#options.admin.ends(registrationsTopic);
    const journal = ends.find((found) => found.partition === partition);
    if (journal === undefined) throw new Error(`there is no topic ${registrationsTopic}`);
    return journal.high;
  }

  #trust(applied: number): void {
    if (this.#problem !== undefined) this.#options.log.info({ applied }, 'Redis has the whole journal');
    this.#problem = undefined;
    this.#applied = applied;
    this.#advance(applied);
  }

  #advance(applied: number): void {
    this.#applied = applied;
    this.#options.metrics.set('tributary_registration_journal_offset', {}, applied);
    if (this.#problem !== undefined) return;
    for (const waiter of this.#waiters) if (waiter.offset <= applied) waiter.resolve();
  }

  #doubt(problem: string): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#problem !== problem) this.#options.log.warn({ reason: problem }, 'Redis cannot be believed');
    this.#problem = problem;
  }
}

function refuseShorterJournal(applied: number, end: number): void {
  if (applied >= end) throw new Error(`Redis is at ${applied}, but the journal ends before ${end}: it lost records`);
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Fault('subscriptions-unavailable', otherwise);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
    promise.catch(() => undefined);
  }
}
