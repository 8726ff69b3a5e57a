import { Fault } from '@tributary/schemas/faults.ts';
import { type OnStep, traceHeader, within } from '@tributary/service';
import type { RecordBatch, StreamRecord, TopicPartition } from '@tributary/stream';
import type { HandoffRows } from './collector.ts';
import { arrivedSections } from './handoff-rows.ts';
import { bytesIn, type MemoryLimits, mustPause } from './memory.ts';
import { own } from './owner.ts';
import { countParked } from './parking/parked-metrics.ts';
import type { FlusherParts, OwnedPartition } from './partition.ts';
import { justTaken } from './taken.ts';

const letGoWithinMs = 3_000;

interface Holding {
  readonly owned: OwnedPartition;
  readonly release: () => void;
  readonly ended: Promise<void>;
}

/** What the owner of partitions does to the fetching of them. */
export interface Fetching {
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
}

/** Everything a flusher owns at a time: starts and ends the work on partitions, hands messages to them, bounds their memory. */
export class Ownership {
  readonly #parts: FlusherParts;
  readonly #decode: (bytes: Uint8Array) => HandoffRows;
  readonly #fetching: Fetching;
  readonly #memory: MemoryLimits;
  readonly #onStep: OnStep;
  readonly #holdings = new Map<string, Holding>();
  readonly #standing = new Map<string, Fault>();
  #draining = false;
  #paused: ReadonlySet<string> = new Set();

  constructor(options: {
    parts: FlusherParts;
    decode: (bytes: Uint8Array) => HandoffRows;
    fetching: Fetching;
    memory: MemoryLimits;
    onStep: OnStep;
  }) {
    this.#parts = options.parts;
    this.#decode = options.decode;
    this.#fetching = options.fetching;
    this.#memory = options.memory;
    this.#onStep = options.onStep;
  }

  /** Partitions that stand still until a person has looked, each with its fault. */
  get standing(): ReadonlyMap<string, Fault> {
    return this.#standing;
  }

  /** Why windows wait for our own bucket; undefined when none does. */
  get parkingFault(): Fault | undefined {
    return [...this.#holdings.values()].find(({ owned }) => owned.parkingFault !== undefined)?.owned.parkingFault;
  }

  /**
   * Goes by the group's word on what is ours now: ends the work on what isn't, starts it on what is new, and reads on
   * where the others are. (That nobody else had a partition in between is not assumed: the fence finds out.)
   */
  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    const now = new Map(partitions.map((partition) => [keyOf(partition), partition]));
    const gone = [...this.#holdings].filter(([key]) => !now.has(key));
    for (const [key, holding] of gone) {
      holding.release();
      this.#holdings.delete(key);
      this.#standing.delete(key);
    }
    // Whether a client remembers what was paused before a rebalance is its own affair: begin anew.
    this.#fetching.resume(partitions);
    this.#paused = new Set();
    for (const [key, partition] of now) {
      const holding = this.#holdings.get(key);
      if (holding === undefined) this.#holdings.set(key, this.#start(partition));
      else if (holding.owned.collector !== undefined)
        this.#parts.seek(partition.topic, partition.partition, holding.owned.collector.next);
    }
    this.#count();
  }

  /** Hands the batch to its partition. What isn't ours, or not fenced yet, is forgotten: it will be read again. */
  async collect(batch: RecordBatch): Promise<void> {
    const owned = this.#holdings.get(keyOf(batch))?.owned;
    for (const record of batch.records) {
      if (owned?.collector === undefined || owned.released.aborted || owned.broken !== undefined) return;
      if (record.offset < owned.collector.next) continue;
      if (record.offset > owned.collector.next) return this.missing(owned);
      this.#add(owned, record);
    }
    owned?.changed.notify();
    this.#bound();
  }

  /**
   * What came is not what follows. Either it was a stale batch from before a seek: then we read on from where we are. Or
   * our offset is not in the log any more, and rows are gone for good: never a silent reset.
   */
  async missing({ topic, partition }: TopicPartition): Promise<void> {
    const owned = this.#holdings.get(keyOf({ topic, partition }))?.owned;
    const collector = owned?.collector;
    if (collector === undefined) return;
    const { low, high } = await this.#parts.ends(topic, partition);
    if (owned!.collector !== collector) return;
    if (collector.next < low || collector.next > high)
      this.#break(owned!, `stands at ${collector.next}, the log has ${low} to ${high}`);
    else this.#parts.seek(topic, partition, collector.next);
  }

  /** What follows can't be decoded: the partition stands still. */
  unreadable({
    topic,
    partition,
    firstOffset,
    reason,
  }: TopicPartition & { firstOffset: number; reason: string }): void {
    const owned = this.#holdings.get(keyOf({ topic, partition }))?.owned;
    if (owned?.collector === undefined || owned.broken !== undefined) return;
    owned.broken = new Fault('invalid-handoff-message', `offset ${firstOffset}: ${reason}`);
    owned.changed.notify();
    this.#bound();
  }

  /** Our partitions, each with the next message to collect once that is known. */
  positions(): (TopicPartition & { readonly next: number | undefined })[] {
    return [...this.#holdings.values()].map(({ owned: { topic, partition, collector } }) => ({
      ...{ topic, partition },
      next: collector?.next,
    }));
  }

  /** The clock ticked: windows may be due, and memory may be free again. */
  tick(): void {
    for (const { owned } of this.#holdings.values()) {
      owned.changed.notify();
      owned.redelivery.tick();
    }
    this.#bound();
    this.#count();
  }

  /**
   * Finishes what is cut, waits for at most `withinMs`, then lets everything go: within three seconds more, whatever a
   * neighbour still owes an answer.
   */
  async drain(withinMs: number): Promise<void> {
    this.#draining = true;
    const holdings = [...this.#holdings.values()];
    for (const { owned } of holdings) owned.changed.notify();
    const late = new AbortController();
    const all = Promise.all(holdings.map((holding) => holding.ended)).then(() => late.abort());
    await Promise.race([all, this.#parts.pause(withinMs, late.signal)]);
    for (const holding of holdings) holding.release();
    await within(letGoWithinMs, all);
  }

  #start(partition: TopicPartition): Holding {
    const releasing = new AbortController();
    const draining = () => this.#draining;
    const owned = justTaken(partition, this.#parts, { released: releasing.signal, draining });
    const ended = own(owned, this.#onStep, (fault) => {
      this.#standing.set(keyOf(owned), fault);
      owned.log.error({ fault: fault.code, err: fault }, 'the partition stands still');
    }).catch((error) => owned.log.warn({ err: error }, 'the work on the partition did not end well'));
    return { owned, ended, release: () => releasing.abort() };
  }

  #add(owned: OwnedPartition, record: StreamRecord): void {
    try {
      const { offset } = record;
      const { rows, seen } = owned.collector!.add({
        offset,
        sections: arrivedSections(record, this.#decode),
        traceparent: record.headers[traceHeader]?.toString(),
      });
      const labels = { event_class: owned.eventClass };
      this.#parts.metrics.count('tributary_flusher_rows_total', { ...labels, outcome: 'collected' }, rows - seen);
      this.#parts.metrics.count('tributary_flusher_rows_total', { ...labels, outcome: 'duplicate' }, seen);
    } catch (error) {
      owned.broken =
        error instanceof Fault
          ? error
          : new Fault('invalid-handoff-message', `offset ${record.offset}`, { cause: error });
      owned.changed.notify();
    }
  }

  #break(owned: OwnedPartition, detail: string): void {
    owned.broken = new Fault('handoff-gap', detail);
    owned.changed.notify();
  }

  /** Pauses and resumes fetching by what is in memory. */
  #bound(): void {
    const partitions = [...this.#holdings].map(([key, { owned }]) => ({
      key,
      bytes: owned.collector?.bytes ?? 0,
      encodedBytes: owned.encoded.reduce((sum, { parquet }) => sum + parquet.bytes.byteLength, 0),
      mustRedo: mustRedo(owned),
      stands: owned.broken !== undefined || this.#standing.has(key),
    }));
    this.#parts.metrics.set('tributary_flusher_buffered_bytes', {}, bytesIn(partitions));
    const paused = mustPause(partitions, this.#memory, this.#paused);
    const named = (keys: ReadonlySet<string>) => [...keys].flatMap((key) => this.#holdings.get(key)?.owned ?? []);
    const begin = named(paused.difference(this.#paused));
    const end = named(this.#paused.difference(paused));
    if (begin.length > 0) this.#fetching.pause(begin);
    if (end.length > 0) this.#fetching.resume(end);
    this.#paused = paused;
    this.#parts.metrics.set('tributary_flusher_paused_partitions', {}, paused.size);
  }

  #count(): void {
    const owned = [...this.#holdings.values()].map((holding) => holding.owned);
    const standing = owned.filter((one) => this.#standing.has(keyOf(one))).length;
    const cutting = owned.filter((one) => one.cut !== undefined).length;
    this.#parts.metrics.set('tributary_flusher_partitions', { state: 'standing' }, standing);
    this.#parts.metrics.set('tributary_flusher_partitions', { state: 'cutting' }, cutting);
    this.#parts.metrics.set('tributary_flusher_partitions', { state: 'collecting' }, owned.length - standing - cutting);
    countParked(owned, this.#parts.metrics);
  }
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`;

/** True while a cut that a former owner journalled is not all here: without its rows it can never be finished. */
function mustRedo({ cut, collector }: OwnedPartition): boolean {
  return cut !== undefined && collector !== undefined && collector.next < cut.offset;
}
