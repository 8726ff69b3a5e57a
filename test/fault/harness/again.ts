import { setTimeout as pause } from 'node:timers/promises';

/**
 * Gives a command again while it fails, as an operator does: a broker that has just started, or a topic without a leader
 * yet, refuses it. Rejects with the last failure after `withinMs`.
 */
export async function again<T>(command: () => Promise<T>, withinMs = 120_000, everyMs = 500): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await command();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(everyMs);
    }
  }
}
