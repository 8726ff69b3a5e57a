import type { TopicPartition } from '@tributary/stream/stream.ts';
import type { Fetching } from './admission.ts';
import type { JudgeSources } from './recreated.ts';
import type { Standing } from './standing.ts';

/** What a gate is made of. */
export interface GateOptions {
  readonly fetching: Fetching;
  readonly judge: JudgeSources;
  /**
   * Commits where we begin, before anything of the partition is handed off: a group that has begun a log and lost a
   * consumer is then told from one that meets another log.
   */
  readonly claim: (partition: TopicPartition) => Promise<void>;
  readonly standing: Standing;
  /** Waits `ms`, or rejects as soon as the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** These partitions may be fetched from now on, as far as this gate is concerned. */
  readonly onOpened: (partitions: readonly TopicPartition[]) => void;
}

/**
 * Stands before the fetching of source partitions: each is closed from its assignment on until it is known that its log
 * isn't one that was made anew under an epoch that is used already. While that can't be known it stays closed, and it is
 * asked again.
 */
export class Gate implements Fetching {
  readonly #options: GateOptions;
  #closed = new Set<string>();
  /** What holds up a partition because of this gate. */
  #causes = new Map<string, string | undefined>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#options.fetching.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#options.fetching.resume(partitions.filter((one) => !this.#closed.has(nameOf(one))));
  }

  /** Closes the partitions of a new assignment, and opens each that may be read, until the signal aborts. */
  assigned(partitions: readonly TopicPartition[], signal: AbortSignal): void {
    this.#closed = new Set(partitions.map(nameOf));
    this.#causes = new Map([...this.#causes].filter(([name]) => this.#closed.has(name)));
    this.#options.fetching.pause(partitions);
    for (const [topic, ofTopic] of byTopic(partitions)) void this.#openWhenKnown(topic, ofTopic, signal);
  }

  /** The log doesn't have where we stand in it: says so where it was made anew. The partition stands still anyway. */
  async lookAgain({ topic, partition }: TopicPartition, signal: AbortSignal): Promise<void> {
    const verdict = await this.#options.judge(topic, [partition]).catch(() => undefined);
    const fault = verdict?.recreated.get(partition);
    if (fault !== undefined && !signal.aborted) this.#hold({ topic, partition }, fault);
  }

  async #openWhenKnown(topic: string, partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.#open(topic, partitions, signal);
      } catch (error) {
        if (signal.aborted) return;
        const pausesMs = partitions.map((one) => this.#hold(one, error));
        await this.#options.pause(Math.max(...pausesMs), signal).catch(() => undefined);
      }
    }
  }

  async #open(topic: string, partitions: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const { judge, claim, standing, onOpened } = this.#options;
    const numbers = partitions.map(({ partition }) => partition);
    const { recreated, unclaimed } = await judge(topic, numbers);
    signal.throwIfAborted();
    await Promise.all(unclaimed.map((partition) => claim({ topic, partition })));
    signal.throwIfAborted();
    for (const one of partitions) if (recreated.has(one.partition)) this.#hold(one, recreated.get(one.partition));
    const opened = partitions.filter(({ partition }) => !recreated.has(partition));
    for (const name of opened.map(nameOf)) {
      this.#closed.delete(name);
      // What else holds it up meanwhile isn't over with this.
      if (this.#causes.has(name) && standing.causeOf(name) === this.#causes.get(name)) standing.over(name);
      this.#causes.delete(name);
    }
    if (opened.length > 0) onOpened(opened);
  }

  #hold(partition: TopicPartition, error: unknown): number {
    const name = nameOf(partition);
    const pauseMs = this.#options.standing.failed(name, error);
    this.#causes.set(name, this.#options.standing.causeOf(name));
    return pauseMs;
  }
}

function byTopic(partitions: readonly TopicPartition[]): Map<string, TopicPartition[]> {
  const topics = new Map<string, TopicPartition[]>();
  for (const one of partitions) topics.set(one.topic, [...(topics.get(one.topic) ?? []), one]);
  return topics;
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`;
