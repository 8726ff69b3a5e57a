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
  // A record keeps every superseded generation, and forgets only the oldest of those that ended.
  if (earlier === undefined || earlier.state === 'ended') return 'ended';
  return { deliver: earlier.destination };
}
