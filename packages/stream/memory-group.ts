import { Fault } from '@tributary/schemas/faults.ts';
import { partitionKey } from './partition-cursor.ts';
import type { CommittedOffset, Offset, TopicPartition } from './stream.ts';

/** What the coordinator knows of a member, and how it tells it a new assignment. */
export interface MemoryMembership {
  readonly topics: readonly string[];
  assign(generation: number, partitions: readonly TopicPartition[]): void;
}

/** A consumer group in memory: each join and leave gives all partitions out anew, under the next generation. */
export class MemoryGroup {
  readonly #partitionCount: (topic: string) => number;
  readonly #members: MemoryMembership[] = [];
  readonly #committed = new Map<string, CommittedOffset>();
  #generation = 0;

  constructor(partitionCount: (topic: string) => number) {
    this.#partitionCount = partitionCount;
  }

  join(member: MemoryMembership): void {
    this.#members.push(member);
    this.#rebalance();
  }

  leave(member: MemoryMembership): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#members.splice(at, 1);
    this.#rebalance();
  }

  /** The oldest member's session ends without its knowledge: it goes on as a zombie, and the others take over. */
  expireOldest(): void {
    if (this.#members.shift()) this.#rebalance();
  }

  committed(topic: string, partition: number): CommittedOffset {
    return this.#committed.get(partitionKey(topic, partition)) ?? { offset: undefined, metadata: '' };
  }

  commit(topic: string, partition: number, offset: Offset, metadata: string): void {
    if (Buffer.byteLength(metadata) > 4096) throw new Fault('offsets-unknown', 'OFFSET_METADATA_TOO_LARGE');
    this.#committed.set(partitionKey(topic, partition), { offset, metadata });
  }

  /** The topic is deleted. */
  forget(topic: string): void {
    for (const key of [...this.#committed.keys()])
      if (key.startsWith(partitionKey(topic, 0).slice(0, -1))) this.#committed.delete(key);
  }

  /** Rejects with `fenced` who isn't a member of the present generation. */
  check(member: MemoryMembership, generation: number): void {
    if (!this.#members.includes(member)) throw new Fault('fenced', 'UNKNOWN_MEMBER_ID');
    if (generation !== this.#generation) throw new Fault('fenced', 'ILLEGAL_GENERATION');
  }

  #rebalance(): void {
    this.#generation += 1;
    const shares = new Map<MemoryMembership, TopicPartition[]>(this.#members.map((member) => [member, []]));
    const topics = new Set(this.#members.flatMap((member) => member.topics));
    let turn = 0;
    for (const topic of topics) {
      const able = this.#members.filter((member) => member.topics.includes(topic));
      for (let partition = 0; partition < this.#partitionCount(topic); partition++)
        shares.get(able[turn++ % able.length]!)!.push({ topic, partition });
    }
    for (const [member, partitions] of shares) member.assign(this.#generation, partitions);
  }
}
