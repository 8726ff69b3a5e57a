import { Fault, faultContract } from '@tributary/schemas/faults.ts';
import { eventClassOfTopic } from '@tributary/schemas/kafka/topics.ts';
import { type OnStep, runSteps } from '@tributary/service';
import type { MemberHandlers, RecordBatch, TopicPartition, UndecodableBatch } from '@tributary/stream/stream.ts';
import { type Batch, portionsOf, type SourceBatch, startBatch } from './batch.ts';
import type { Neighbours } from './neighbours.ts';
import { pipeline } from './pipeline.ts';
import { Standing } from './standing.ts';
import { keepUndecodable } from './undecodable-batch.ts';
import type { Workspace } from './workspace.ts';

/** What an intake is made of. */
export interface IntakeOptions {
  readonly neighbours: Neighbours;
  readonly onStep: OnStep;
  /** Waits `ms`, or rejects as soon as the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onCrashed: (error: Error) => void;
}

/**
 * Takes batches from the group's member through the pipeline. A batch that a neighbour holds up is tried again in place
 * for as long as its partition is surely ours; one of which something may have landed goes back to the committed offset,
 * by a throw. Neither is ever skipped.
 */
export class Intake implements MemberHandlers {
  readonly #options: IntakeOptions;
  readonly #standing: Standing;
  /** Aborts with each new assignment: the member then reads everything again from what is committed. */
  #assignment = new AbortController();
  #isStopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#standing = new Standing(options.neighbours.log, options.neighbours.metrics);
  }

  /** What holds up partitions at the moment, by fault. */
  causes(): string[] {
    return this.#standing.causes();
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.#assignment.abort(new Error('the assignment is over'));
    this.#standing.keepOnly(partitions.map(nameOf));
    if (!this.#isStopped) this.#assignment = new AbortController();
  }

  async onBatch(fetched: RecordBatch): Promise<void> {
    const { signal } = this.#assignment;
    const eventClass = eventClassOfTopic(fetched.topic);
    if (eventClass === undefined) throw new Error(`${fetched.topic} is no topic of agents`);
    for (const portion of portionsOf({ ...fetched, eventClass })) await this.#handOff(portion, signal);
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
  }

  onCrashed(error: Error): void {
    this.#options.onCrashed(error);
  }

  /** Begins nothing any more; a batch that waits ends, one that is under way finishes. */
  stop(): void {
    this.#isStopped = true;
    this.#assignment.abort(new Error('the consumer stops'));
  }

  async #handOff(source: SourceBatch, signal: AbortSignal): Promise<void> {
    const { workspaces } = this.#options.neighbours;
    const workspace = workspaces.take(source.eventClass);
    try {
      await this.#handOffIn(workspace, source, signal);
    } finally {
      workspaces.giveBack(workspace);
    }
  }

  async #handOffIn(workspace: Workspace, source: SourceBatch, signal: AbortSignal): Promise<void> {
    const { neighbours, onStep, pause } = this.#options;
    const name = nameOf(source);
    for (;;) {
      signal.throwIfAborted();
      const batch = startBatch(source, neighbours, workspace);
      try {
        await runSteps(pipeline, batch, name, onStep);
        return this.#standing.over(name);
      } catch (error) {
        if (signal.aborted) throw error;
        const pauseMs = this.#standing.failed(name, error);
        if (!mayTryInPlace(batch, error)) throw error;
        await pause(pauseMs, signal);
      }
    }
  }
}

function mayTryInPlace(batch: Batch, error: unknown): boolean {
  return !batch.sending && error instanceof Fault && faultContract(error.code).retry === 'now';
}

const nameOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`;
