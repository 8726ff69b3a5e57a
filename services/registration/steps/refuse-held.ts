import type { Destination, RegistrationId } from '@tributary/schemas/registration.ts';
import { destinationName } from '@tributary/subscriptions';
import type { Exchange } from '../pipeline.ts';
import { memberProblem, type Problem } from '../problem.ts';

/**
 * INVARIANT (architecture, section 5, no tenant sees another): whether another account holds a place is said only to who
 * has shown, by the probe, that it may write there. Until then only the account's own registrations are looked at.
 */

/** Refuses (409) a place in, around or at that of another class of the same account, before AWS is asked. */
export async function refuseOwn(exchange: Exchange): Promise<void> {
  const { account, neighbours } = exchange;
  const destination = newPlace(exchange);
  if (destination === undefined) return;
  const name = destinationName(destination);
  for (const { registration, state, destination: held } of await neighbours.store.registrationsOf(account)) {
    if (state === 'ended' || registration === exchange.next!.registration) continue;
    const other = destinationName(held);
    if (other === name) throw taken();
    if (other.startsWith(`${name}/`) || name.startsWith(`${other}/`)) throw nested();
  }
}

/** Refuses (409) a place in, around or at that of any other registration. Whose it is, is nobody else's business. */
export async function refuseHeld(exchange: Exchange): Promise<void> {
  const destination = newPlace(exchange);
  if (destination === undefined) return;
  const { store } = exchange.neighbours;
  const isOther = (holder: RegistrationId | undefined) =>
    holder !== undefined && holder !== exchange.next!.registration;
  if (isOther(await store.holderOf(destination))) throw taken();
  if ((await store.nestedHoldersOf(destination)).some(isOther)) throw nested();
}

/** Where the request wants a delivery that isn't there yet. */
function newPlace({ existing, next }: Exchange): Destination | undefined {
  return next === undefined || next === existing ? undefined : next.destination;
}

function taken(): Problem {
  const detail = 'Another registration has this bucket and prefix. Make a custom source for each event class.';
  return memberProblem('destination-taken', 'prefix', detail);
}

function nested(): Problem {
  const detail =
    'The prefix lies in or around that of another registration. Make a custom source for each event class.';
  return memberProblem('destination-nested', 'prefix', detail);
}
