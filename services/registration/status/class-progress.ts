import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { agentTopic, handoffTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { CommittedOffset, Offset, PartitionEnds, StreamAdmin } from '@tributary/stream';
import { deliveredThrough, type HeldBack } from './delivered-through.ts';
import { Passage } from './passage.ts';
import { type ArrivalSlack, handedOffThrough } from './source-times.ts';

/** What a round reads from. */
export interface ProgressSources {
  readonly admin: Pick<StreamAdmin, 'committed' | 'ends'>;
  readonly consumerGroup: string;
  readonly flusherGroup: string;
  readonly slack: ArrivalSlack;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Resolves when every receipt before this offset of `receipts` has been read. */
  readonly receiptsRead: (before: Offset) => Promise<void>;
}

// Each of these can only be made from the one before it: a reading in another order doesn't compile.
interface SourcesRead {
  readonly through: number | undefined;
}
interface EndsRead extends SourcesRead {
  readonly ends: readonly PartitionEnds[];
}
interface FlushedRead extends EndsRead {
  readonly flushed: ReadonlyMap<number, CommittedOffset>;
}

/** How far one event class has come as a whole. Times are ms since the epoch, undefined where it can't be said. */
export interface ClassReach {
  /** Everything that arrived up to here has been handed off. */
  readonly handedOffThrough: number | undefined;
  /** By hand-off partition: everything that arrived up to here is in its lakes, or parked. */
  readonly through: readonly (number | undefined)[];
}

/** How far the deliveries of one event class have come. Everything but `round` is in memory. */
export class ClassProgress {
  readonly #eventClass: EventClass;
  readonly #passages = new Map<number, Passage>();
  #flushed = new Map<number, Offset>();
  #handedOffThrough: number | undefined;

  constructor(eventClass: EventClass) {
    this.#eventClass = eventClass;
  }

  /** Reads once where everybody is. After a throw what was known before still holds. */
  async round(sources: ProgressSources): Promise<void> {
    const read = await this.#readFlushed(sources, await this.#readEnds(sources, await this.#readSources(sources)));
    // The receipts of a cut are durable before its commit: who has read them up to here knows of every object that was
    // parked before the offsets above.
    const [receipts] = await sources.admin.ends(receiptsTopic);
    await sources.receiptsRead(receipts?.high ?? 0);
    this.#accept(read);
  }

  /** See `deliveredThrough`. */
  through(handoffPartition: number, held: HeldBack | undefined): number | undefined {
    const passage = this.#passages.get(handoffPartition);
    return passage && deliveredThrough(passage, this.#flushed.get(handoffPartition), held);
  }

  /** How far the whole class has come. */
  reach(): ClassReach {
    const partitions = [...this.#passages.keys()];
    return {
      handedOffThrough: this.#handedOffThrough,
      through: partitions.map((partition) => this.through(partition, undefined)),
    };
  }

  async #readSources({ admin, consumerGroup, slack, now }: ProgressSources): Promise<SourcesRead> {
    const topic = agentTopic(this.#eventClass);
    const committed = await admin.committed(consumerGroup, topic);
    const askedAt = now();
    const ends = await admin.ends(topic);
    return { through: handedOffThrough({ committed, ends, askedAt }, slack) };
  }

  async #readEnds({ admin }: ProgressSources, read: SourcesRead): Promise<EndsRead> {
    return { ...read, ends: await admin.ends(handoffTopic(this.#eventClass)) };
  }

  async #readFlushed({ admin, flusherGroup }: ProgressSources, read: EndsRead): Promise<FlushedRead> {
    const topic = handoffTopic(this.#eventClass);
    const flushed = await admin.committed(flusherGroup, topic);
    // An offset beyond the log's end was committed of a log that is gone: it says nothing about the rows of this one.
    const ends = new Map((await admin.ends(topic)).map(({ partition, high }) => [partition, high]));
    const ofThisLog = [...flushed].filter(([partition, { offset }]) => (offset ?? 0) <= (ends.get(partition) ?? -1));
    return { ...read, flushed: new Map(ofThisLog) };
  }

  #accept({ through, ends, flushed }: FlushedRead): void {
    this.#flushed = new Map();
    this.#handedOffThrough = through;
    for (const { partition, low, high } of ends) {
      const passage = this.#passages.get(partition) ?? new Passage();
      this.#passages.set(partition, passage);
      if (through !== undefined) passage.add({ end: high, through });
      // A hand-off partition that never had a row has nothing to be flushed.
      const offset = flushed.get(partition)?.offset ?? (low === 0 && high === 0 ? 0 : undefined);
      if (offset !== undefined) this.#flushed.set(partition, offset);
    }
  }
}
