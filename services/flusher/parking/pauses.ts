/**
 * The pauses between two tries of a parked object, ms. They go with the window: a tenth of it at first, the whole of it at most, so that
 * what is parked lies in a mended lake within two windows.
 */
export interface RedeliveryPauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

const clamp = (ms: number, least: number, most: number) => Math.min(Math.max(ms, least), most);

/** The pauses that go with a window: from 30 s to 5 min at five minutes. */
export function pausesOf(windowMs: number): RedeliveryPauses {
  return { firstMs: clamp(windowMs / 10, 1_000, 30_000), longestMs: clamp(windowMs, 1_000, 300_000) };
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
