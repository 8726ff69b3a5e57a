import type { Offset } from '@tributary/stream';
import type { Passage } from './passage.ts';

/**
 * INVARIANT (architecture, section 6, delivered-through): the answer is never later than what the lake holds, except for
 * objects that were given up after 14 days, once their receipts are no longer kept (docs/adr/0015). It rests on
 * the order in which things are read, which `class-progress.ts` keeps: what consumers committed, the ends of their
 * topics, the ends of the hand-off, what the flushers committed, and every receipt that was there by then.
 */

/** What a registration's bucket refuses, as far as it holds the time back. */
export interface HeldBack {
  /** The lowest hand-off offset of its parked objects. */
  readonly offset: Offset;
  /** Their rows arrived after this time, ms since the epoch. */
  readonly arrivedAfter: number;
}

/**
 * Every event of the registration that arrived up to this time is in its lake: those whose rows lie before what the
 * flusher committed, unless an object with them is parked. Undefined while it can't be said.
 */
export function deliveredThrough(
  passage: Passage,
  flushed: Offset | undefined,
  held: HeldBack | undefined,
): number | undefined {
  if (flushed === undefined) return undefined;
  const passed = passage.before(flushed);
  if (passed === undefined || held === undefined || held.offset >= flushed) return passed;
  return Math.min(passed, Math.max(passage.before(held.offset) ?? 0, held.arrivedAfter));
}
