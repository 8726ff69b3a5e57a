import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';

/** Where rows of a generation go: its own destination, nowhere because it ended, or not known. */
export type Whereabouts = { readonly deliver: Destination } | 'ended' | 'unknown';

/**
 * Where the rows of `generation` go. A superseded generation keeps its own destination; an ended one's rows are dropped.
 *
 * INVARIANT 5 (unknown is not empty): a registration or generation that the record doesn't tell of is 'unknown', and its
 * rows wait.
 */
export function whereabouts(record: RegistrationRecord | undefined, generation: number): Whereabouts {
  if (record === undefined || generation > record.generation) return 'unknown';
  if (generation === record.generation) return record.state === 'ended' ? 'ended' : { deliver: record.destination };
  const earlier = record.earlier.find((one) => one.generation === generation);
  if (earlier === undefined) return 'unknown';
  return earlier.state === 'ended' ? 'ended' : { deliver: earlier.destination };
}
