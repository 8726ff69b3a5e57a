import type { GroupMember, RecordBatch, StreamRecord, TopicPartition, UndecodableBatch } from './stream.ts';

/** Collects what a member is told, for tests: they await what they expect instead of sleeping. */
export class Collector {
  readonly member: GroupMember;
  /** The batches whose handling succeeded. */
  readonly batches: RecordBatch[] = [];
  readonly events: string[] = [];
  onBatch: (batch: RecordBatch) => Promise<void> = async () => undefined;
  /** Set before the start, or the member has no such handler. */
  onUndecodable: ((batch: UndecodableBatch) => Promise<void>) | undefined;
  onAssigned: (partitions: readonly TopicPartition[]) => void = () => undefined;
  #owned: readonly TopicPartition[] = [];
  #waiting: { isTrue: () => boolean; resolve: () => void }[] = [];

  constructor(member: GroupMember) {
    this.member = member;
  }

  async start(): Promise<void> {
    const { onUndecodable } = this;
    await this.member.start({
      onAssigned: (partitions) => {
        this.#owned = partitions;
        this.#tell(`assigned ${partitions.map(({ partition }) => partition).join()}`);
        this.onAssigned(partitions);
      },
      onBatch: async (batch) => {
        await this.onBatch(batch);
        this.batches.push(batch);
        this.#tell(`batch of ${batch.partition}`);
      },
      onOutOfRange: ({ partition, offset }) => this.#tell(`out of range ${partition}@${offset}`),
      ...(onUndecodable && {
        onUndecodable: async (batch: UndecodableBatch) => {
          await onUndecodable(batch);
          this.#tell(`undecodable ${batch.partition}@${batch.firstOffset}-${batch.lastOffset}`);
        },
      }),
      onCrashed: (error) => this.#tell(`crashed: ${error.message}`),
    });
  }

  async stop(): Promise<void> {
    await this.member.stop();
  }

  /** The partitions of the last assignment. */
  owned(): number[] {
    return this.#owned.map(({ partition }) => partition);
  }

  taken(): StreamRecord[] {
    return this.batches.flatMap((batch) => batch.records);
  }

  /** Resolves with everything collected so far, once that is at least `count` records. */
  async take(count: number): Promise<StreamRecord[]> {
    await this.until(() => this.taken().length >= count);
    return this.taken();
  }

  until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isTrue, resolve }));
  }

  #tell(event: string): void {
    this.events.push(event);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) {
      if (one.isTrue()) one.resolve();
      else this.#waiting.push(one);
    }
  }
}
