import type { Offset } from './stream.ts';

const firstPauseMs = 100;
/** The longest pause before a batch that failed again and again is tried anew. */
export const pauseMsMax = 10_000;

/**
 * Where one member stands in one partition of its current assignment: what is delivered next, where it goes back to
 * after a failure, and which commits can be true. Made anew with each assignment, so that nothing of a former
 * generation leaks into the next one.
 */
export class PartitionCursor {
  /** The next offset to deliver. */
  position: Offset;
  #restart: Offset;
  #lowestCommit: Offset;
  #failures = 0;
  #seeks = 0;
  #failedAt: Offset = 0;

  constructor(start: Offset) {
    this.position = start;
    this.#restart = start;
    this.#lowestCommit = start;
  }

  /** The last seek or commit, or the start: what is read again after a failure. */
  get restart(): Offset {
    return this.#restart;
  }

  /** How often it was sought, to tell what happened before a seek from what happened after. */
  get seeks(): number {
    return this.#seeks;
  }

  seek(offset: Offset): void {
    this.#seeks += 1;
    this.position = offset;
    this.#restart = offset;
    this.#lowestCommit = Math.min(this.#lowestCommit, offset);
  }

  /** The offsets `first` to `last` hold nothing that is delivered: goes on behind them, where it stands before them. */
  steppedOver(first: Offset, last: Offset): void {
    if (first === this.position) this.position = last + 1;
  }

  /**
   * Whether a commit of `offset` can come from this assignment: not beyond what it delivered and not behind what it
   * found or committed. Anything else is a late commit of a former generation, which would move the group's offset.
   */
  mayCommit(offset: Offset): boolean {
    return offset >= this.#lowestCommit && offset <= this.position;
  }

  /** A commit landed that was begun after `seeks` seeks: a later seek is not undone by it. */
  committed(offset: Offset, seeks = this.#seeks): void {
    if (seeks !== this.#seeks) return;
    this.#restart = offset;
    this.#lowestCommit = offset;
  }

  /** A batch up to (not including) `next` was accepted. */
  accepted(next: Offset): void {
    if (next > this.#failedAt) this.#failures = 0;
  }

  /** Goes back to the last seek or commit; answers how long to wait before, in ms: longer with each failure in a row. */
  failed(batchEnd: Offset): number {
    this.#failedAt = Math.max(this.#failedAt, batchEnd - 1);
    this.#failures += 1;
    this.position = this.#restart;
    return Math.min(firstPauseMs * 2 ** (this.#failures - 1), pauseMsMax);
  }
}

/** One string per partition, for maps. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
