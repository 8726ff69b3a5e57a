import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';

/** Where rows of a generation go: its own destination, nowhere because it ended, or not known. */
export type Whereabouts = { readonly deliver: Destination } | 'ended' | 'unknown';

/**
 * Where the rows of `generation` go. A superseded generation keeps its own bucket and prefix; an ended one's rows are
 * dropped.
 *
 * INVARIANT 5 (unknown is not empty): a registration that isn't known, or a generation newer than its record, is
 * 'unknown', and its rows wait.
 */
export function whereabouts(record: RegistrationRecord | undefined, generation: number): Whereabouts {
  if (record === undefined || generation > record.generation) return 'unknown';
  if (generation === record.generation) return record.state === 'ended' ? 'ended' : { deliver: record.destination };
  const earlier = record.earlier.find((one) => one.generation === generation);
  if (earlier === undefined) {
    // A record forgets ended generations, and superseded ones long after their last row. Should one turn up still, it
    // waits for a person: nobody knows where it goes, and dropping it would lose it.
    return generation <= (record.forgotten ?? 0) ? 'unknown' : 'ended';
  }
  if (earlier.state === 'ended') return 'ended';
  return { deliver: newestRoleFor(record, earlier.destination) };
}

/** True when both are the same bucket and prefix, whoever writes there. */
export function sameLocation(one: Destination, other: Destination): boolean {
  return one.bucketName === other.bucketName && one.prefix === other.prefix;
}

/** `location` as the registration's newest role for it: a customer who changes the role alone keeps the lake. */
export function newestRoleFor(record: RegistrationRecord, location: Destination): Destination {
  const known = [record.destination, ...record.earlier.map(({ destination }) => destination).reverse()];
  return known.find((destination) => sameLocation(destination, location)) ?? location;
}
