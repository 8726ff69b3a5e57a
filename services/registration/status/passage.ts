import type { Offset } from '@tributary/stream';

/** Every event that arrived up to `through` has its rows before the offset `end` of a hand-off partition. */
interface Crossing {
  readonly end: Offset;
  readonly through: number;
}

const crossingsMax = 512;

/**
 * Which arrival time stands for which offset of one hand-off partition. Bounded: when there are too many crossings,
 * every second one of the older half goes, and an answer for an offset between them is earlier than it had to be.
 */
export class Passage {
  #crossings: Crossing[] = [];

  /** The partition ended at `end` after everything up to `through` had been handed off. */
  add({ end, through }: Crossing): void {
    const last = this.#crossings.at(-1);
    // The topic was made anew: what was known is about other rows.
    if (last !== undefined && end < last.end) this.#crossings = [];
    const newest = this.#crossings.at(-1);
    const latest = Math.max(through, newest?.through ?? 0);
    if (newest?.end === end) this.#crossings.pop();
    this.#crossings.push({ end, through: latest });
    if (this.#crossings.length > crossingsMax) this.#thin();
  }

  /** The latest known time up to which every event has its rows before `offset`. */
  before(offset: Offset): number | undefined {
    let low = 0;
    let high = this.#crossings.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#crossings[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#crossings[low - 1]?.through;
  }

  #thin(): void {
    const half = this.#crossings.length >> 1;
    this.#crossings = this.#crossings.filter((_, at) => at >= half || at % 2 === 0);
  }
}
