import {
  movedAfterMs,
  type ParkedFacts,
  type ParkedNote,
  type ParkedOrder,
  parkedForMs,
} from '@tributary/schemas/lake/parked-object.ts';
import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';
import { newestRoleFor, sameLocation } from '../destination.ts';

/** What is to be done with a parked object now. `moved`: it goes to a newer bucket or prefix than its own. */
export type Verdict =
  | { readonly what: 'wait' }
  | { readonly what: 'drop'; readonly fault: 'registration-ended' | 'parked-dropped' }
  | { readonly what: 'expire' }
  | { readonly what: 'deliver'; readonly destination: Destination; readonly moved: boolean };

/** A parked object as its owner knows it. */
export interface ParkedCase {
  readonly facts: ParkedFacts;
  readonly note: Pick<ParkedNote, 'movedTo'> | undefined;
  readonly order: ParkedOrder | undefined;
  /** Every try so far was refused for certain. */
  readonly certain: boolean;
  /** The registration as the journal has it; undefined while it isn't known. */
  readonly record: RegistrationRecord | undefined;
  /** Ms since the epoch. */
  readonly now: number;
}

/**
 * Where a parked object goes: to the location of its own generation, as the registration's newest role for that location.
 *
 * INVARIANT 2 (nothing is delivered twice): it goes to a newer location by itself only when every try so far was refused
 * for certain, so that its rows are nowhere, and an hour has passed, so that no former owner still has a put under way.
 * INVARIANT 5 (unknown is not empty): while the registration isn't known, it waits.
 */
export function verdictOf({ facts, note, order, certain, record, now }: ParkedCase): Verdict {
  if (order === 'drop') return { what: 'drop', fault: 'parked-dropped' };
  if (record === undefined || facts.generation > record.generation) return { what: 'wait' };
  if (hasEnded(record, facts.generation)) return { what: 'drop', fault: 'registration-ended' };
  const age = now - facts.parkedAt;
  if (age >= parkedForMs) return { what: 'expire' };
  const own = note?.movedTo ?? facts.destination;
  const newest = record.destination;
  if (sameLocation(own, newest)) return { what: 'deliver', destination: newest, moved: note?.movedTo !== undefined };
  if (order === 'to-current' || (certain && age >= movedAfterMs))
    return { what: 'deliver', destination: newest, moved: true };
  return { what: 'deliver', destination: newestRoleFor(record, own), moved: note?.movedTo !== undefined };
}

/** An end ends everything before it as well. */
function hasEnded(record: RegistrationRecord, generation: number): boolean {
  return (
    record.state === 'ended' ||
    record.earlier.some((earlier) => earlier.state === 'ended' && earlier.generation >= generation)
  );
}
