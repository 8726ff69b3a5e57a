import { Fault, faultContract } from '@tributary/schemas/faults.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { eventClassOfTopic } from '@tributary/schemas/kafka/topics.ts';
import { type OnStep, runSteps } from '@tributary/service';
import type {
  GroupMember,
  MemberHandlers,
  RecordBatch,
  StreamRecord,
  TopicPartition,
  UndecodableBatch,
} from '@tributary/stream/stream.ts';
import { Admission, type AdmissionLimits, type Fetching } from './admission.ts';
import { type Batch, portionsOf, type SourceBatch, startBatch } from './batch.ts';
import { Gate } from './gate.ts';
import type { Neighbours } from './neighbours.ts';
import { pipeline } from './pipeline.ts';
import type { JudgeSources } from './recreated.ts';
import { Standing } from './standing.ts';
import { inBatchSpan } from './trace.ts';
import { keepUndecodable } from './undecodable-batch.ts';

/** What an intake is made of. */
export interface IntakeOptions {
  readonly neighbours: Neighbours;
  readonly onStep: OnStep;
  /** Waits `ms`, or rejects as soon as the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a partition rests after a small batch. */
  readonly lingerMs: number;
  readonly onCrashed: (error: Error) => void;
  readonly fetching: Fetching & Pick<GroupMember, 'progress'>;
  readonly memory: AdmissionLimits;
  readonly judge: JudgeSources;
}

/** A portion that was not handed off. */
interface Failure {
  readonly error: unknown;
  readonly mayTryInPlace: boolean;
}

/**
 * Takes batches from the group's member through the pipeline. A batch that a neighbour holds up is tried again in place
 * for as long as its partition is surely ours; one of which something may have landed goes back to the committed offset,
 * by a throw. Neither is ever skipped.
 */
export class Intake implements MemberHandlers {
  readonly #options: IntakeOptions;
  readonly #standing: Standing;
  readonly #gate: Gate;
  readonly #admission: Admission;
  /** Aborts with each new assignment: the member then reads everything again from what is committed. */
  #assignment = new AbortController();
  #isStopped = false;
  #partitions: readonly TopicPartition[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { log, metrics } = options.neighbours;
    this.#standing = new Standing(log, metrics);
    this.#gate = new Gate({
      ...options,
      standing: this.#standing,
      claim: (partition) => this.#claim(partition),
      onOpened: (partitions) => this.#admission.opened(partitions),
    });
    this.#admission = new Admission({
      limits: options.memory,
      fetching: this.#gate,
      onHeld: (bytes) => metrics.set('tributary_consumer_buffered_bytes', {}, bytes),
    });
  }

  /** What holds up partitions at the moment, by fault. */
  causes(): string[] {
    return this.#standing.causes();
  }

  /** True while a partition stands for a reason of ours: a neighbour that is away, or no room for its events. */
  isWaiting(partition: TopicPartition): boolean {
    const name = nameOf(partition);
    return this.#standing.has(name) || this.#admission.waits(name);
  }

  /** What the group has given us, as of its last word. */
  partitions(): readonly TopicPartition[] {
    return this.#partitions;
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.#partitions = partitions;
    this.#assignment.abort(new Error('the assignment is over'));
    this.#standing.keepOnly(partitions.map(nameOf));
    if (!this.#isStopped) this.#assignment = new AbortController();
    this.#gate.assigned(partitions, this.#assignment.signal);
    this.#admission.assigned(partitions);
  }

  async onBatch(fetched: RecordBatch): Promise<void> {
    const { signal } = this.#assignment;
    const eventClass = eventClassOfTopic(fetched.topic);
    if (eventClass === undefined) throw new Error(`${fetched.topic} is no topic of agents`);
    const bytes = bytesOf(fetched.records);
    await this.#admission.hold(bytes, async () => {
      for (const portion of portionsOf({ ...fetched, eventClass })) await this.#handOff(portion, signal);
    });
    await this.#rest(bytes, signal);
  }

  /**
   * Lets more come before the partition's next batch: a hand-off message costs as much as hundreds of its rows, whatever it
   * holds. Nothing is held meanwhile. A partition with a backlog has large batches and doesn't rest.
   */
  async #rest(bytes: number, signal: AbortSignal): Promise<void> {
    const { lingerMs, pause } = this.#options;
    if (lingerMs === 0 || bytes >= restBelowBytes || signal.aborted) return;
    await pause(lingerMs, signal).catch(() => undefined);
  }

  /** A throw makes the member hand it over again, later each time. */
  async onUndecodable(batch: UndecodableBatch): Promise<void> {
    const { signal } = this.#assignment;
    signal.throwIfAborted();
    const name = nameOf(batch);
    try {
      await keepUndecodable(batch, this.#options.neighbours);
      this.#standing.over(name);
    } catch (error) {
      if (!signal.aborted) this.#standing.failed(name, error);
      throw error;
    }
  }

  onOutOfRange(position: TopicPartition): void {
    this.#standing.failed(nameOf(position), new Fault('source-gap'));
    void this.#gate.lookAgain(position, this.#assignment.signal);
  }

  onCrashed(error: Error): void {
    this.#options.onCrashed(error);
  }

  /** Begins nothing any more; a batch that waits ends, one that is under way finishes. */
  stop(): void {
    this.#isStopped = true;
    this.#assignment.abort(new Error('the consumer stops'));
  }

  async #claim(partition: TopicPartition): Promise<void> {
    const { neighbours, fetching } = this.#options;
    const own = fetching.progress().find((one) => nameOf(one) === nameOf(partition));
    if (own?.position === undefined) throw new Fault('fenced', `${nameOf(partition)} is not ours`);
    const metadata = encodeSourceProgress(undefined, neighbours.epochOf(partition.topic));
    await neighbours.member.commit({ ...partition, offset: own.position, metadata });
  }

  async #handOff(source: SourceBatch, signal: AbortSignal): Promise<void> {
    const name = nameOf(source);
    for (;;) {
      // A portion that waits for a neighbour takes no room from others meanwhile.
      const failure = await this.#admission.admit(name, bytesOf(source.records), signal, () => this.#try(source, name));
      if (failure === undefined) return this.#standing.over(name);
      if (signal.aborted) throw failure.error;
      const pauseMs = this.#standing.failed(name, failure.error);
      if (!failure.mayTryInPlace) throw failure.error;
      await this.#options.pause(pauseMs, signal);
    }
  }

  async #try(source: SourceBatch, name: string): Promise<Failure | undefined> {
    const { neighbours, onStep } = this.#options;
    const workspace = neighbours.workspaces.take(source.eventClass);
    const batch = startBatch(source, neighbours, workspace);
    try {
      await inBatchSpan(source, () => runSteps(pipeline, batch, name, onStep));
      return undefined;
    } catch (error) {
      return { error, mayTryInPlace: mayTryInPlace(batch, error) };
    } finally {
      neighbours.workspaces.giveBack(workspace);
    }
  }
}

/** Half of what a fetch has of a partition at most: one with less has no backlog. */
const restBelowBytes = 512 * 1_024;

/** What a record costs beside its value. */
const recordBytes = 200;

function bytesOf(records: readonly StreamRecord[]): number {
  return records.reduce((sum, { value }) => sum + recordBytes + (value?.length ?? 0), 0);
}

function mayTryInPlace(batch: Batch, error: unknown): boolean {
  return !batch.sending && error instanceof Fault && faultContract(error.code).retry === 'now';
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`;
