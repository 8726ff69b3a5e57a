import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';
import {
  end,
  move,
  type RegisterRequest,
  register,
  sameDestination,
  setPaused,
  TooManyGenerations,
} from '@tributary/subscriptions';
import { refuseOtherVersion } from '../etag.ts';
import type { Exchange } from '../pipeline.ts';
import { Problem } from '../problem.ts';

const moment = ({ neighbours }: Exchange): Date => new Date(neighbours.now());

/** Decides what a POST changes: nothing (the same again), a new generation, or a conflict. */
export function decideStart(exchange: Exchange): void {
  const { existing } = exchange;
  const wanted = exchange.wanted as RegisterRequest;
  if (existing === undefined || existing.state === 'ended') {
    exchange.next = asPlacesAllow(() => register(existing, wanted, moment(exchange)));
    return;
  }
  if (!sameDestination(existing.destination, wanted.destination)) throw conflict(existing, wanted.destination);
  // The same again stays as it is, also when new registrations get another OCSF version by now.
  exchange.next = existing;
}

/** Decides what a PUT changes: nothing (the same again), or where the next generation goes. */
export function decideMove(exchange: Exchange): void {
  const existing = meant(exchange);
  exchange.next = asPlacesAllow(() => move(existing, exchange.wanted.destination!, moment(exchange)));
}

/** Earlier destinations are kept until their last row is delivered, and there is a limit to how many there may be. */
function asPlacesAllow<Next>(change: () => Next): Next {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof TooManyGenerations)) throw error;
    const detail = `${error.message} Earlier ones may still have rows to deliver. Try again in some days.`;
    throw new Problem('too-many-requests', detail, { retryAfterSeconds: 86_400 });
  }
}

/** Decides what a DELETE changes. */
export function decideEnd(exchange: Exchange): void {
  exchange.next = end(meant(exchange), moment(exchange));
}

/** Decides what a pause changes: nothing, when it is paused. */
export function decidePause(exchange: Exchange): void {
  exchange.next = setPaused(meant(exchange), true, moment(exchange));
}

/** Decides what a resume changes: nothing, when it isn't paused. */
export function decideResume(exchange: Exchange): void {
  exchange.next = setPaused(meant(exchange), false, moment(exchange));
}

/** The registration that must be there, and in the version that the request names. */
export function meant({ existing, incoming, wanted }: Exchange): RegistrationRecord {
  if (existing === undefined || existing.state === 'ended')
    throw new Problem('not-registered', `${wanted.eventClass} is not registered. Register it with POST first.`);
  refuseOtherVersion(incoming.ifMatch, existing);
  return existing;
}

/** Says member by member what is registered. All of it is the customer's own. */
function conflict({ eventClass, destination }: RegistrationRecord, wanted: Destination): Problem {
  const members = ['providerAccountID', 'bucketName', 'prefix', 'roleARN'] as const;
  const errors = members
    .filter((member) => destination[member] !== wanted[member])
    .map((member) => ({ pointer: `#/${member}`, detail: `${member} is registered as ${destination[member]}.` }));
  const detail = `${eventClass} is delivered to another destination: ${errors.map((error) => error.detail).join(' ')}`;
  return new Problem('already-registered', `${detail} Change it with PUT, or end it with DELETE first.`, { errors });
}
