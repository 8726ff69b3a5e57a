import { Fault } from '@tributary/schemas/faults.ts';
import type { MemoryBroker } from './memory-broker.ts';
import type { MemoryGroup, MemoryMembership } from './memory-group.ts';
import { PartitionCursor, partitionKey } from './partition-cursor.ts';
import type { GroupMember, MemberHandlers, Offset, PartitionProgress, TopicPartition } from './stream.ts';

const fetchBytesDefault = 1_048_576;

interface OwnedPartition extends TopicPartition {
  cursor: PartitionCursor | undefined;
  isReady: boolean;
  isOutOfRange: boolean;
}

interface Assignment {
  readonly generation: number;
  readonly partitions: Map<string, OwnedPartition>;
}

/** A group member in memory. A batch that failed is delivered again in a later turn of the event loop, without a pause. */
export class MemoryMember implements GroupMember, MemoryMembership {
  readonly topics: readonly string[];
  readonly #broker: MemoryBroker;
  readonly #group: MemoryGroup;
  readonly #fetchBytesMax: number;
  readonly #paused = new Set<string>();
  readonly #earlySeeks = new Map<string, Offset>();
  readonly #running = new Map<string, Promise<void>>();
  #assignment: Assignment | undefined;
  #assigning: Promise<void> = Promise.resolve();
  #handlers: MemberHandlers | undefined;
  #unwatch: () => void = () => undefined;
  #isStopping = false;

  constructor(
    broker: MemoryBroker,
    { groupId, topics, fetchBytesMax }: { groupId: string; topics: readonly string[]; fetchBytesMax?: number },
  ) {
    this.#broker = broker;
    this.#group = broker.group(groupId);
    this.#fetchBytesMax = Math.min(fetchBytesMax ?? fetchBytesDefault, fetchBytesDefault);
    this.topics = topics;
  }

  async start(handlers: MemberHandlers): Promise<void> {
    for (const topic of this.topics) this.#broker.log(topic, 0);
    this.#handlers = handlers;
    this.#unwatch = this.#broker.watch(() => this.#pumpAll());
    this.#group.join(this);
    await this.#assigning;
  }

  async commit({ topic, partition, offset, metadata }: TopicPartition & { offset: Offset; metadata: string }) {
    const assignment = this.#assignment;
    const cursor = this.#owned(topic, partition)?.cursor;
    const seeks = cursor?.seeks;
    await Promise.resolve();
    if (assignment === undefined || cursor === undefined)
      throw new Fault('fenced', `${partitionKey(topic, partition)} is not ours`);
    if (!cursor.mayCommit(offset)) throw new Fault('fenced', `offset ${offset} was not delivered in this generation`);
    this.#group.check(this, assignment.generation);
    const moment = this.#broker.strike('commit', [topic]);
    if (moment !== 'before') this.#group.commit(topic, partition, offset, metadata);
    if (moment !== undefined) throw new Fault('offsets-unknown', 'scripted');
    cursor.committed(offset, seeks);
  }

  seek({ topic, partition, offset }: TopicPartition & { offset: Offset }): void {
    if (this.#assignment === undefined) this.#earlySeeks.set(partitionKey(topic, partition), offset);
    const owned = this.#owned(topic, partition);
    if (owned?.cursor === undefined) return;
    owned.cursor.seek(offset);
    owned.isOutOfRange = false;
    this.#later(owned);
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#paused.add(partitionKey(topic, partition));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#paused.delete(partitionKey(topic, partition));
      const owned = this.#owned(topic, partition);
      if (owned) this.#later(owned);
    }
  }

  progress(): PartitionProgress[] {
    return [...(this.#assignment?.partitions ?? [])].map(([key, { topic, partition, cursor, isOutOfRange }]) => ({
      topic,
      partition,
      position: cursor?.position,
      isHeld: isOutOfRange || this.#paused.has(key),
    }));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unwatch();
    await this.#assigning.catch(() => undefined);
    await Promise.all(this.#running.values());
    this.#group.leave(this);
    this.#assignment = undefined;
  }

  assign(generation: number, list: readonly TopicPartition[]): void {
    const entries = list.map(({ topic, partition }): [string, OwnedPartition] => [
      partitionKey(topic, partition),
      { topic, partition, cursor: undefined, isReady: false, isOutOfRange: false },
    ]);
    const assignment: Assignment = { generation, partitions: new Map(entries) };
    for (const key of this.#paused) if (this.#assignment && !assignment.partitions.has(key)) this.#paused.delete(key);
    this.#assignment = assignment;
    this.#assigning = this.#assigning.then(() => this.#assigned(assignment));
    this.#assigning.catch((error) => this.#handlers?.onCrashed(error));
  }

  async #assigned(assignment: Assignment): Promise<void> {
    const isCurrent = () => this.#assignment === assignment && !this.#isStopping;
    if (!isCurrent()) return;
    for (const [key, owned] of assignment.partitions) {
      const { low } = this.#broker.log(owned.topic, owned.partition).ends;
      owned.cursor = new PartitionCursor(this.#group.committed(owned.topic, owned.partition).offset ?? low);
      const early = this.#earlySeeks.get(key);
      if (early !== undefined) owned.cursor.seek(early);
    }
    this.#earlySeeks.clear();
    await this.#handlers!.onAssigned(
      [...assignment.partitions.values()].map(({ topic, partition }) => ({ topic, partition })),
    );
    for (const owned of assignment.partitions.values()) {
      owned.isReady = true;
      this.#later(owned);
    }
  }

  #owned(topic: string, partition: number): OwnedPartition | undefined {
    return this.#assignment?.partitions.get(partitionKey(topic, partition));
  }

  #pumpAll(): void {
    for (const owned of this.#assignment?.partitions.values() ?? []) this.#later(owned);
  }

  #later(owned: OwnedPartition): void {
    setImmediate(() => this.#pump(owned));
  }

  /** Delivers the next batch of a partition, unless one is being handled or it must not be read. */
  #pump(owned: OwnedPartition): void {
    const key = partitionKey(owned.topic, owned.partition);
    const assignment = this.#assignment;
    if (this.#isStopping || !assignment || assignment.partitions.get(key) !== owned) return;
    if (!owned.isReady || owned.isOutOfRange || this.#paused.has(key) || this.#running.has(key)) return;
    const log = this.#broker.log(owned.topic, owned.partition);
    const { low, high } = log.ends;
    const { position } = owned.cursor!;
    if (position < low || position > high) {
      owned.isOutOfRange = true;
      this.#handlers!.onOutOfRange?.({ topic: owned.topic, partition: owned.partition, offset: position });
      return;
    }
    const { topic, partition } = owned;
    const records = log.slice(position, this.#fetchBytesMax);
    const undecodable = records.length === 0 ? log.nextUndecodable(position) : undefined;
    if (undecodable && this.#handlers!.onUndecodable === undefined) return; // stands still until a seek
    const last = undecodable?.lastOffset ?? records.at(-1)?.offset;
    if (last === undefined) return;
    const next = last + 1;
    owned.cursor!.position = next;
    const work = () =>
      undecodable
        ? this.#handlers!.onUndecodable!(undecodable)
        : this.#handlers!.onBatch({ topic, partition, records, highWatermark: high });
    const running = this.#deliver(assignment, owned, work, next).finally(() => {
      this.#running.delete(key);
      const current = this.#owned(owned.topic, owned.partition);
      if (current) this.#later(current);
    });
    this.#running.set(key, running);
  }

  async #deliver(assignment: Assignment, owned: OwnedPartition, work: () => Promise<void>, next: Offset) {
    try {
      await work();
      owned.cursor!.accepted(next);
    } catch {
      if (this.#assignment === assignment) owned.cursor!.failed(next);
    }
  }
}
