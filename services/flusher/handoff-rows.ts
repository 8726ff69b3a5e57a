import { decodeHandoff } from '@tributary/ocsf';
import { handoffSectionsOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import type { OutgoingRecord } from '@tributary/stream';
import type { ArrivedSection, HandoffRows } from './collector.ts';

/**
 * The sections of a hand-off message, each in shared memory of its own: the encoding threads read it without a copy, and
 * Arrow reads numbers in place, so a stream must start on a boundary of 8 bytes. Throws an Error when it is no whole message.
 */
export function arrivedSections(
  { headers = {}, value }: Pick<OutgoingRecord, 'headers' | 'value'>,
  decode: (bytes: Uint8Array) => HandoffRows = handoffRows,
): ArrivedSection[] {
  if (!(value instanceof Uint8Array)) throw new Error('a hand-off message has a value');
  return handoffSectionsOf(headers, value).map((section) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(section.bytes.byteLength));
    bytes.set(section.bytes);
    const { ocsfVersion, schemaFingerprint } = section;
    return { bytes, rows: decode(bytes), ocsfVersion, schemaFingerprint };
  });
}

/**
 * The rows of one section as the collector reads them. Nothing of Arrow is kept: its objects for the columns of a message take
 * a hundred times as much memory as a message of a few rows, and a window may have many of those. Throws an Error when the bytes are no
 * whole section.
 */
export function handoffRows(bytes: Uint8Array): HandoffRows {
  const { rows, registration, generation, sourcePartition, sourceOffset, sourceEpoch, objectAccount, time } =
    decodeHandoff(bytes);
  const registrations = listOf(rows, registration);
  const objectAccounts = listOf(rows, objectAccount);
  return {
    length: rows,
    registration: (row) => registrations[row]!,
    generation: (row) => generation[row]!,
    sourcePartition: (row) => sourcePartition[row]!,
    sourceOffset: (row) => sourceOffset[row]!,
    sourceEpoch: (row) => sourceEpoch[row]!,
    objectAccount: (row) => objectAccounts[row]!,
    time: (row) => time[row]!,
  };
}

const listOf = (rows: number, of: (row: number) => string) => Array.from({ length: rows }, (_, row) => of(row));
