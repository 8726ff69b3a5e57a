import { registrationId } from '@tributary/schemas/registration.ts';
import type { Exchange } from '../pipeline.ts';

/**
 * Reads the registration as it is. The journal may hold a change that Redis doesn't have yet (its writer died in
 * between), so Redis is only believed when it has come as far as the journal is now.
 */
export async function readCurrent(exchange: Exchange): Promise<void> {
  const { applied, store } = exchange.neighbours;
  await applied.caughtUp();
  // Before anything is read: what changes from here on, this request hasn't seen.
  exchange.decidedAt = await store.version();
  await readKnown(exchange);
}

/** Reads the registration as Redis has it: enough for whoever only looks. */
export async function readKnown(exchange: Exchange): Promise<void> {
  const { neighbours, wanted } = exchange;
  exchange.existing = await neighbours.store.registration(registrationId(wanted.account, wanted.eventClass));
}
