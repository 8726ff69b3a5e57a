import type { ArrivedMessage, ArrivedSection, HandoffRows } from './collector.ts';

/** One hand-off row for tests. */
export interface SampleRow {
  readonly registration?: string;
  readonly generation?: number;
  readonly sourcePartition?: number;
  readonly sourceOffset: number;
  readonly sourceEpoch?: number;
  readonly objectAccount?: string;
  readonly time?: number;
}

/** Hand-off rows from plain objects. */
export function sampleRows(rows: readonly SampleRow[]): HandoffRows {
  return {
    length: rows.length,
    registration: (row) => rows[row]!.registration ?? '123456789012/file-activity',
    generation: (row) => rows[row]!.generation ?? 1,
    sourcePartition: (row) => rows[row]!.sourcePartition ?? 0,
    sourceOffset: (row) => rows[row]!.sourceOffset,
    sourceEpoch: (row) => rows[row]!.sourceEpoch ?? 0,
    objectAccount: (row) => rows[row]!.objectAccount ?? 'external_123456789012',
    time: (row) => rows[row]!.time ?? Date.UTC(2026, 0, 2, 3),
  };
}

/** A message as it came from the log, whose bytes only count. */
export function sampleMessage(offset: number, rows: readonly SampleRow[], schemaFingerprint = 'f1'): ArrivedMessage {
  return { offset, sections: [sampleSection(rows, schemaFingerprint)] };
}

/** The rows of one schema in a message, of 100 bytes. */
export function sampleSection(rows: readonly SampleRow[], schemaFingerprint: string): ArrivedSection {
  const bytes = new Uint8Array(new SharedArrayBuffer(100));
  return { rows: sampleRows(rows), ocsfVersion: '1.1.0', schemaFingerprint, bytes };
}
