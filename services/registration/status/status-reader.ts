import { setTimeout as delay } from 'node:timers/promises';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { type ClusterLayout, receiptsTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { partsOfRegistration, type RegistrationId, type RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Log } from '@tributary/service';
import type { Offset, Stream, StreamAdmin, StreamRecord } from '@tributary/stream';
import { ClassProgress, type ClassReach } from './class-progress.ts';
import { OffsetWaiters } from './offset-waiters.ts';
import type { ReceiptAt } from './recent-receipts.ts';
import type { RegistrationFigures } from './registration-ledger.ts';
import { type ArrivalSlack, arrivalSlack } from './source-times.ts';
import { StatusBook } from './status-book.ts';

const partition = 0;
const restartPauseMs = 1_000;
/** Rejected events may be large, and only the last of them are shown: a start reads no more than these again. */
const rejectedReadBack = 20_000;

/** What a status reader runs on. */
export interface StatusReaderOptions {
  readonly stream: Pick<Stream, 'read'>;
  /** Closed by `stop`. */
  readonly admin: Pick<StreamAdmin, 'ends' | 'committed' | 'close'>;
  readonly layout: ClusterLayout;
  readonly consumerGroup: string;
  readonly flusherGroup: string;
  readonly log: Log;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** How often it looks how far everybody is; 5 s when absent. */
  readonly everyMs?: number;
  readonly slack?: ArrivalSlack;
  /** Told after each look how far a class has come. */
  readonly onReach?: (reach: ReachOfClass) => void;
}

/** How far a class has come, with the registrations that their own lakes hold back. */
export interface ReachOfClass extends ClassReach {
  readonly eventClass: EventClass;
  /** Our clock, ms since the epoch. */
  readonly at: number;
  /** Delivered-through of each registration with parked objects; undefined where it can't be said. */
  readonly heldBack: readonly (number | undefined)[];
}

/** How a registration fares, as far as the log says it. */
export interface ReadStatus extends RegistrationFigures {
  /** Every event that arrived up to this time, ms since the epoch, is in the lake. Absent while it isn't known. */
  readonly deliveredThrough?: number;
}

const nothingYet: RegistrationFigures = {
  health: 'delivering',
  today: { rows: 0, bytes: 0 },
  rejected: { count: 0, last: [] },
};

/**
 * Reads how every registration fares from Kafka: the receipts, what was rejected, and how far consumers and flushers
 * are. Each replica does so for itself, in memory, from the oldest receipt that is kept; nothing is shared or stored. It
 * is what the endpoint calls its `statuses` and its `deliveries`.
 */
export class StatusReader {
  readonly #options: StatusReaderOptions;
  readonly #book = new StatusBook();
  readonly #progress = new Map(eventClassNames.map((name) => [name, new ClassProgress(name)]));
  readonly #stopping = new AbortController();
  readonly #receipts = new OffsetWaiters();
  readonly #complaints = new Set<string>();
  #caughtUp = false;
  #rejectedNext = 0;
  #running: Promise<unknown> | undefined;

  constructor(options: StatusReaderOptions) {
    this.#options = options;
  }

  /** Begins; a neighbour that is away only makes it wait. */
  start(): void {
    this.#running = Promise.all([
      this.#keep('receipts', () => this.#followReceipts()),
      this.#keep('rejected', () => this.#followRejected()),
      this.#keep('progress', () => this.#look()),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#receipts.close();
    await this.#running;
    await this.#options.admin.close();
  }

  /** The status of a registration; undefined until every receipt that is kept has been read. */
  async of({ registration }: Pick<RegistrationRecord, 'registration'>): Promise<ReadStatus | undefined> {
    if (!this.#caughtUp) return undefined;
    const now = this.#options.now();
    const figures = this.#book.figures(registration, now) ?? nothingYet;
    const { eventClass } = partsOfRegistration(registration);
    const handoff = handoffPartition(registration, this.#options.layout.handoffPartitions);
    const through = this.#progress.get(eventClass)?.through(handoff, this.#book.heldBack(registration, now));
    return { ...figures, ...(through === undefined ? {} : { deliveredThrough: through }) };
  }

  /**
   * At most `limit` of its last 100 receipts, newest first; those before position `before` when it is given. Undefined
   * until every receipt that is kept has been read: a list that lacks some would say that there were none.
   */
  async recent(
    registration: RegistrationId,
    { limit, before = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly before?: number },
  ): Promise<readonly ReceiptAt[] | undefined> {
    return this.#caughtUp ? this.#book.recent(registration, limit, before) : undefined;
  }

  /** Runs `work` again and again until `stop`; says once what keeps it from working. */
  async #keep(what: string, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await work();
        this.#complaints.delete(what);
      } catch (error) {
        if (signal.aborted) return;
        if (!this.#complaints.has(what)) this.#options.log.warn({ what, err: error }, 'statuses stand still');
        this.#complaints.add(what);
        await delay(restartPauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #followReceipts(): Promise<void> {
    await this.#follow(receiptsTopic, this.#receipts.next, (record) => {
      if (!this.#book.receipt(record)) this.#options.log.error({ offset: record.offset }, 'a receipt can’t be read');
      this.#receipts.advance(record.offset + 1);
    });
  }

  async #followRejected(): Promise<void> {
    const end = (await this.#options.admin.ends(rejectedTopic))[0]?.high ?? 0;
    await this.#follow(rejectedTopic, Math.max(this.#rejectedNext, end - rejectedReadBack), (record) => {
      this.#book.rejected(record);
      this.#rejectedNext = record.offset + 1;
    });
  }

  #follow(topic: string, from: Offset, onRecord: (record: StreamRecord) => void): Promise<Offset> {
    const { signal } = this.#stopping;
    return this.#options.stream.read({
      ...{ topic, partition, from, signal, onRecord, follow: true },
      onCaughtUp: (next) => {
        if (topic !== receiptsTopic) return;
        this.#receipts.advance(next);
        this.#caughtUp = true;
      },
    });
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    for (const eventClass of eventClassNames) await this.#round(eventClass);
    await delay(this.#options.everyMs ?? 5_000, undefined, { signal }).catch(() => undefined);
  }

  async #round(eventClass: EventClass): Promise<void> {
    const { slack = arrivalSlack, ...sources } = this.#options;
    this.#stopping.signal.throwIfAborted();
    await this.#progress.get(eventClass)!.round({
      ...sources,
      slack,
      receiptsRead: (before) => this.#receipts.reached(before),
    });
    if (this.#caughtUp) this.#options.onReach?.(this.#reachOf(eventClass));
  }

  #reachOf(eventClass: EventClass): ReachOfClass {
    const at = this.#options.now();
    const progress = this.#progress.get(eventClass)!;
    const { handoffPartitions } = this.#options.layout;
    const heldBack = [...this.#book.heldBackOf(eventClass, at)].map(([registration, held]) =>
      progress.through(handoffPartition(registration, handoffPartitions), held),
    );
    return { eventClass, at, heldBack, ...progress.reach() };
  }
}
