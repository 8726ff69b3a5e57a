import { MemoryGroup } from './memory-group.ts';
import { MemoryLog, type MemoryTopic } from './memory-log.ts';
import type { Offset, TopicShape } from './stream.ts';

/** When a scripted fault strikes: before anything landed, after all of it did, or after the first half of the records. */
export type FaultMoment = 'before' | 'after' | 'halfway';

/** A failure to come. */
export interface ScriptedFault {
  readonly when: FaultMoment;
  /** Which of the calls from now on: 1, the next, when absent. */
  readonly nth?: number;
  /** Only calls that touch this topic count. */
  readonly topic?: string;
}

type Operation = 'publish' | 'commit';

/**
 * A Kafka cluster in memory, for tests: topics, groups and transactional ids. Every stream made on it sees the same logs.
 * It has no clock and no chance of its own: records get `now()` as their append time, and nothing happens by time.
 */
export class MemoryBroker {
  readonly now: () => number;
  readonly topics = new Map<string, MemoryTopic>();
  /** The newest epoch of each transactional id. */
  readonly epochs = new Map<string, number>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #watchers = new Set<() => void>();
  readonly #faults: { operation: Operation; left: number; fault: ScriptedFault }[] = [];

  constructor(now: () => number) {
    this.now = now;
  }

  createTopic(shape: TopicShape): boolean {
    if (this.topics.has(shape.name)) return false;
    const partitions = Array.from({ length: shape.partitions }, (_, partition) => new MemoryLog(partition));
    this.topics.set(shape.name, { shape, partitions });
    return true;
  }

  /** The log of a partition. Throws when there is none. */
  log(topic: string, partition: number): MemoryLog {
    const log = this.topics.get(topic)?.partitions[partition];
    if (log === undefined) throw new Error(`there is no ${topic}/${partition}`);
    return log;
  }

  group(groupId: string): MemoryGroup {
    const existing = this.#groups.get(groupId);
    if (existing) return existing;
    const group = new MemoryGroup((topic) => this.topics.get(topic)?.partitions.length ?? 0);
    this.#groups.set(groupId, group);
    return group;
  }

  /** Retention: what lies before `low` is gone. */
  advanceStart(topic: string, partition: number, low: Offset): void {
    this.log(topic, partition).advanceStart(low);
    this.changed();
  }

  /** A producer wrote a batch that can't be decoded; it takes one offset. */
  writeUndecodable(topic: string, partition: number, bytes: Buffer): void {
    this.log(topic, partition).appendUndecodable(topic, bytes, this.now());
    this.changed();
  }

  compact(topic: string): void {
    for (const log of this.topics.get(topic)?.partitions ?? []) log.compact();
  }

  /** The topic is deleted, with what groups had committed of it, and made anew, as an operator might: its offsets start again at 0. */
  recreateTopic(topic: string): void {
    const { shape } = this.topics.get(topic)!;
    this.topics.delete(topic);
    for (const group of this.#groups.values()) group.forget(topic);
    this.createTopic(shape);
    this.changed();
  }

  /** A publish to come fails with `handoff-send-failed`. */
  failPublish(fault: ScriptedFault): void {
    this.#faults.push({ operation: 'publish', left: fault.nth ?? 1, fault });
  }

  /** A commit to come, of a member or a committer, fails with `offsets-unknown`. */
  failCommit(fault: ScriptedFault): void {
    this.#faults.push({ operation: 'commit', left: fault.nth ?? 1, fault });
  }

  /** When the call that begins now is to fail; undefined when it isn't. */
  strike(operation: Operation, topics: readonly string[]): FaultMoment | undefined {
    for (const [at, scripted] of this.#faults.entries()) {
      const { topic, when } = scripted.fault;
      if (scripted.operation !== operation || (topic !== undefined && !topics.includes(topic))) continue;
      scripted.left -= 1;
      if (scripted.left > 0) continue;
      this.#faults.splice(at, 1);
      return when;
    }
    return undefined;
  }

  /** Calls back on each change of a log, until the answer is called. */
  watch(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  changed(): void {
    for (const callback of [...this.#watchers]) callback();
  }
}
