import { decodeHandoff } from '@tributary/ocsf';
import type { HandoffRows } from './collector.ts';

/** The rows of a hand-off message as the collector reads them. Throws an Error when the bytes are no whole message. */
export function handoffRows(bytes: Uint8Array): HandoffRows {
  const batch = decodeHandoff(bytes);
  return {
    length: batch.rows,
    registration: batch.registration,
    generation: (row) => batch.generation[row]!,
    sourcePartition: (row) => batch.sourcePartition[row]!,
    sourceOffset: (row) => batch.sourceOffset[row]!,
    sourceEpoch: (row) => batch.sourceEpoch[row]!,
    objectAccount: batch.objectAccount,
    time: (row) => batch.time[row]!,
  };
}
