import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 200;

/** Looks until `look` answers something true, and answers that. Throws with `what` after `withinMs`. */
export async function until<Found>(
  what: string,
  withinMs: number,
  look: () => Promise<Found | false | undefined> | Found | false | undefined,
): Promise<Found> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await delay(lookEveryMs);
  }
}
