import { createHash } from 'node:crypto';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** What tells an event from every other. */
export interface EventIdentity {
  readonly uid: string;
  /** Ms since the epoch. */
  readonly time: number;
}

/** The events of a Parquet object, in its order, as another reader than its writer sees them. */
export async function readEvents(bytes: Uint8Array): Promise<EventIdentity[]> {
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file, compressors, columns: ['time', 'metadata'] });
  return rows.map(({ time, metadata }) => ({ uid: String((metadata as { uid: unknown }).uid), time: Number(time) }));
}

/** The same for the same events in any order, another one when an event is missing, changed or there twice. */
export function checksumOf(events: readonly EventIdentity[]): string {
  const lines = events.map(({ uid, time }) => `${uid} ${time}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** What is wrong with the objects that were made of `expected`, a sentence each; none when they hold exactly those events. */
export function brokenPromises(
  writer: string,
  expected: readonly EventIdentity[],
  objects: readonly (readonly EventIdentity[])[],
): string[] {
  const written = objects.flat();
  const unsorted = objects.flatMap((events, object) => {
    const row = events.findIndex(({ time }, at) => at > 0 && time < events[at - 1]!.time);
    return row === -1 ? [] : [`${writer}: row ${row} of object ${object} is earlier than the one before it.`];
  });
  if (written.length !== expected.length)
    return [`${writer}: ${written.length} rows were written of ${expected.length}.`, ...unsorted];
  if (checksumOf(written) !== checksumOf(expected)) return [`${writer}: other events were written.`, ...unsorted];
  return unsorted;
}
