import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';

/** Where rows of a generation go: its own destination, nowhere because it ended, or not known. */
export type Whereabouts = { readonly deliver: Destination } | 'ended' | 'unknown';

/**
 * Where the rows of `generation` go. A superseded generation keeps its own destination; an ended one's rows are dropped.
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
  return { deliver: earlier.destination };
}
