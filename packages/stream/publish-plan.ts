import { partitionKey } from './partition-cursor.ts';
import type { OutgoingRecord } from './stream.ts';

/** Upper bounds of what one send may hold. A single record larger than a bound still goes, alone. */
export interface SendLimits {
  /** Of one partition's batch, which Kafka's `max.message.bytes` bounds. */
  readonly batchBytesMax: number;
  readonly batchRecordsMax: number;
  /** Of one request: all batches together. */
  readonly requestBytesMax: number;
}

const recordOverheadBytes = 80;

/** About the bytes that a record takes in a batch, uncompressed. */
export function recordBytes(record: OutgoingRecord): number {
  const value = record.value === null ? 0 : Buffer.byteLength(record.value);
  let headers = 0;
  for (const [name, header] of Object.entries(record.headers ?? {})) headers += name.length + Buffer.byteLength(header);
  return recordOverheadBytes + (record.key === null ? 0 : Buffer.byteLength(record.key)) + value + headers;
}

/**
 * Splits records into sends, as indices into `records`: sent one after the other they keep each partition's order, and
 * in none of them a partition's batch is larger than the limits.
 */
export function planSends(records: readonly OutgoingRecord[], limits: SendLimits): number[][] {
  const batches = new Map<string, { round: number; bytes: number; records: number }>();
  const rounds: { index: number; bytes: number }[][] = [];
  records.forEach((record, index) => {
    const bytes = recordBytes(record);
    const key = partitionKey(record.topic, record.partition);
    const batch = batches.get(key) ?? { round: 0, bytes: 0, records: 0 };
    batches.set(key, batch);
    const full = batch.bytes + bytes > limits.batchBytesMax || batch.records >= limits.batchRecordsMax;
    if (batch.records > 0 && full) Object.assign(batch, { round: batch.round + 1, bytes: 0, records: 0 });
    batch.bytes += bytes;
    batch.records += 1;
    const round = rounds[batch.round] ?? [];
    rounds[batch.round] = round;
    round.push({ index, bytes });
  });
  return rounds.flatMap((round) => splitByBytes(round, limits.requestBytesMax));
}

function splitByBytes(round: readonly { index: number; bytes: number }[], bytesMax: number): number[][] {
  const sends: number[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of round) {
    if (bytes + entry.bytes > bytesMax) {
      sends.push([]);
      bytes = 0;
    }
    sends.at(-1)!.push(entry.index);
    bytes += entry.bytes;
  }
  return sends;
}
