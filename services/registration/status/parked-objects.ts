import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { HeldBack } from './delivered-through.ts';

const dayMs = 86_400_000;

/** How long a parked object is tried again. Source: architecture, section 6, a refusing bucket. */
export const parkedForMs = 14 * dayMs;

/** How many parked objects are remembered: of one registration (one for each window of 14 days), and of all together. */
export const parkedMax = { ofRegistration: 4_096, ofAll: 400_000 } as const;

/** Counts the parked objects of all registrations that are in memory. */
export interface ParkedCount {
  total: number;
}

interface Parked {
  readonly offset: number;
  readonly earliest: number;
}

/** The objects of one registration that are parked and not yet delivered or dropped. */
export class ParkedObjects {
  readonly #count: ParkedCount;
  readonly #objects = new Map<number, Parked>();
  /** Of those for which there was no room: the lowest position, and when the last of them is given up. */
  #overflow: (Parked & { readonly until: number }) | undefined;

  /** Of those that were given up: the lowest position. */
  #givenUp: Parked | undefined;

  constructor(count: ParkedCount) {
    this.#count = count;
  }

  /** Remembers the object called `name`; once is enough. */
  add(name: number, { offsets, times, writtenAt }: Pick<Receipt, 'offsets' | 'times' | 'writtenAt'>): void {
    if (this.#objects.has(name)) return;
    const parked = { offset: offsets[0], earliest: times[0] };
    if (this.#objects.size < parkedMax.ofRegistration && this.#count.total < parkedMax.ofAll) {
      this.#objects.set(name, parked);
      this.#count.total += 1;
      return;
    }
    const before = this.#overflow ?? { ...parked, until: 0 };
    this.#overflow = { ...lower(before, parked), until: Math.max(before.until, writtenAt + parkedForMs) };
  }

  /** It was delivered or dropped. */
  remove(name: number): void {
    if (this.#objects.delete(name)) this.#count.total -= 1;
  }

  /**
   * It isn't tried any more: it is parked no longer, but its rows are not in the lake, and are held back for as long as
   * the receipt of that is kept. A process that starts later knows nothing of it.
   */
  giveUp(name: number, { offsets, times }: Pick<Receipt, 'offsets' | 'times'>): void {
    this.remove(name);
    const gone = { offset: offsets[0], earliest: times[0] };
    this.#givenUp = this.#givenUp === undefined ? gone : lower(this.#givenUp, gone);
  }

  /** Whether none is parked any more at `now`, ms since the epoch. */
  isEmpty(now: number): boolean {
    return this.#objects.size === 0 && this.#overflowAt(now) === undefined;
  }

  /** What they and those that were given up hold back; undefined when there are none. */
  heldBack(now: number): HeldBack | undefined {
    let oldest: Parked | undefined = this.#givenUp;
    for (const parked of [this.#overflowAt(now), ...this.#objects.values()])
      if (parked !== undefined) oldest = oldest === undefined ? parked : lower(oldest, parked);
    if (oldest === undefined) return undefined;
    // An event is refused when its own time is more than a day after its arrival, so it didn't arrive earlier than this.
    return { offset: oldest.offset, arrivedAfter: oldest.earliest - dayMs - 1 };
  }

  #overflowAt(now: number): Parked | undefined {
    return this.#overflow !== undefined && now <= this.#overflow.until ? this.#overflow : undefined;
  }
}

function lower(one: Parked, other: Parked): Parked {
  return { offset: Math.min(one.offset, other.offset), earliest: Math.min(one.earliest, other.earliest) };
}
