import { Fault, type FaultCode, faultContract } from '@tributary/schemas/faults.ts';
import type { Log, Metrics } from '@tributary/service';

const firstPauseMs = 100;
const pauseMsMax = 5_000;

/** What holds a partition up: a fault, or an error that no contract knows. */
type Cause = FaultCode | 'unexpected';

/**
 * Which source partitions stand still, why, and for how long they wait before the next try. It tells the operator once
 * when a cause appears and once when it is gone, not at each try.
 */
export class Standing {
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #partitions = new Map<string, { cause: Cause; tries: number }>();

  constructor(log: Log, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** A try failed: books it and answers the ms to wait before the next one, 100 at first and 5,000 at most. */
  failed(partition: string, error: unknown): number {
    const cause = error instanceof Fault ? error.code : 'unexpected';
    const before = this.#partitions.get(partition);
    const isNew = !this.causes().includes(cause);
    const tries = (before?.tries ?? 0) + 1;
    this.#partitions.set(partition, { cause, tries });
    if (isNew) this.#report(partition, cause, error);
    if (before !== undefined && before.cause !== cause) this.#clear(before.cause);
    return Math.min(firstPauseMs * 2 ** (tries - 1), pauseMsMax);
  }

  /** The partition goes on, or is not ours any more. */
  over(partition: string): void {
    const before = this.#partitions.get(partition);
    if (before === undefined) return;
    this.#partitions.delete(partition);
    this.#clear(before.cause);
  }

  /** What holds this partition up, if anything does. */
  causeOf(partition: string): string | undefined {
    return this.#partitions.get(partition)?.cause;
  }

  /** True while something holds this partition up. */
  has(partition: string): boolean {
    return this.#partitions.has(partition);
  }

  /** Every cause that holds up a partition at the moment. */
  causes(): Cause[] {
    return [...new Set([...this.#partitions.values()].map(({ cause }) => cause))];
  }

  /** Forgets the partitions that another member has now. */
  keepOnly(partitions: readonly string[]): void {
    for (const partition of [...this.#partitions.keys()]) if (!partitions.includes(partition)) this.over(partition);
  }

  #report(partition: string, fault: Cause, error: unknown): void {
    this.#metrics.set('tributary_consumer_paused', { fault }, 1);
    if (fault === 'unexpected')
      this.#log.error({ partition, err: error }, 'work on a partition failed; it is tried again');
    else this.#log.warn({ partition, fault, err: error }, faultContract(fault).sentence);
  }

  #clear(fault: Cause): void {
    if (this.causes().includes(fault)) return;
    this.#metrics.set('tributary_consumer_paused', { fault }, 0);
    this.#log.info({ fault }, 'goes on');
  }
}
