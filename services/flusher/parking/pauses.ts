/** The pauses between two tries of a parked object, ms. They grow with the window: a tenth of it at first, three at most. */
export interface RedeliveryPauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

const clamp = (ms: number, least: number, most: number) => Math.min(Math.max(ms, least), most);

/** The pauses that go with a window: from 30 s to 15 min at five minutes. */
export function pausesOf(windowMs: number): RedeliveryPauses {
  return { firstMs: clamp(windowMs / 10, 1_000, 30_000), longestMs: clamp(3 * windowMs, 1_000, 900_000) };
}

/**
 * Whether what waits until `at` is due: also when that is further away than any pause, because the clock has been set back
 * since it was said.
 */
export function isDue(at: number, now: number, { longestMs }: RedeliveryPauses): boolean {
  return now >= at || at - now > longestMs;
}

/** How long to wait before the next try after `tries` that failed: doubling, between half and the whole of that. */
export function pauseAfter(tries: number, { firstMs, longestMs }: RedeliveryPauses, random: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(tries, 40));
  return Math.round(whole * (0.5 + random / 2));
}
