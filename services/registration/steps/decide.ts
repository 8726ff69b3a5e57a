import { end, type RegisterRequest, register, sameDestination } from '@tributary/subscriptions';
import type { Exchange } from '../pipeline.ts';
import { memberProblem, Problem } from '../problem.ts';

/** Decides what a POST changes: nothing (the same again), a new generation, or a conflict. */
export async function decideStart(exchange: Exchange): Promise<void> {
  const { existing, neighbours } = exchange;
  const wanted = exchange.wanted as RegisterRequest;
  if (existing?.state === 'active') {
    if (!sameDestination(existing.destination, wanted.destination))
      throw new Problem(
        'already-registered',
        `${wanted.eventClass} is delivered to another destination. End it with DELETE first, then register the new one.`,
      );
    // The same again stays as it is, also when new registrations get another OCSF version by now.
    exchange.next = existing;
    return;
  }
  const holder = await neighbours.store.holderOf(wanted.destination);
  if (holder !== undefined) {
    // Whose registration it is, is nobody else's business.
    const detail = 'Another registration has this bucket and prefix. Make a custom source for each event class.';
    throw memberProblem('destination-taken', 'prefix', detail);
  }
  exchange.next = register(existing, wanted, new Date(neighbours.now()));
}

/** Decides what a DELETE changes. */
export function decideEnd(exchange: Exchange): void {
  const { existing, neighbours, wanted } = exchange;
  if (existing?.state !== 'active') throw new Problem('not-registered', `${wanted.eventClass} is not registered.`);
  exchange.next = end(existing, new Date(neighbours.now()));
}
