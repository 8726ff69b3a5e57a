import { Fault } from '@tributary/schemas/faults.ts';
import type { Exchange } from '../pipeline.ts';

/** Waits until Redis has the change, and that it is this change: a request that outlived its lease must not say yes. */
export async function awaitApplied(exchange: Exchange): Promise<void> {
  const { journalled, neighbours, next } = exchange;
  if (journalled === undefined || next === undefined) return;
  await neighbours.applied.reached(journalled);
  const kept = await neighbours.store.registration(next.registration);
  if (JSON.stringify(kept) !== JSON.stringify(next))
    throw new Fault('subscriptions-unavailable', 'another change came in between');
}
