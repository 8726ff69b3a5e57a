import { batchBytesMax } from './kafkajs-codecs.ts';
import { DecoderOf, decodeRecordBatch, type RawMessage, type UndecodableMessage } from './kafkajs-internals.ts';

/** A broken batch up to this size is handed over with its bytes. */
export const rawBatchBytesMax = 1_048_576;
/** The most records in one batch. A million empty ones take some 300 MB as objects, whatever they take on the wire. */
export const batchRecordsMax = 1_000_000;
const recordBytes = 256;

/** Where the fields of a record batch lie (kafka.apache.org/documentation/#recordbatch). */
const logOverheadBytes = 12;
const headerBytes = 61;
const magicAt = 16;
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const maxTimestampAt = 35;
const producerIdAt = 43;
const recordCountAt = 57;
const codecMask = 0x07;
const codecs = 5;
const inTransactionFlag = 0x10;
const controlFlag = 0x20;

/** What can be known of a batch without its records. */
interface BatchHeader {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: string;
  readonly isInTransaction: boolean;
  readonly isControl: boolean;
}

/** A transaction that was aborted, as a fetch answer lists it. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: number;
}

/** How much one fetch answer may still take, decoded. Shared by its partitions; what doesn't fit is fetched again. */
export interface DecodeBudget {
  bytesLeft: number;
}

/** A budget for one fetch answer: what a single batch may take, so that memory holds two of the largest at most. */
export const newBudget = (): DecodeBudget => ({ bytesLeft: batchBytesMax });

/**
 * Decodes the batches of one partition, until the budget is spent. A batch that can't be decompressed or decoded is no
 * error: it ends what comes before it, and when it comes first, one message stands for it that says so. So nothing but
 * its own partition meets it, and nothing steps over it unseen.
 */
export async function decodeBatches(
  bytes: Buffer,
  aborted: readonly AbortedTransaction[],
  budget: DecodeBudget,
): Promise<RawMessage[]> {
  const messages: RawMessage[] = [];
  const isAborted = abortedBatches(aborted);
  for (let at = 0; at + magicAt < bytes.length && budget.bytesLeft > 0; ) {
    const end = at + logOverheadBytes + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break; // the answer's size limit cut the last batch
    const batch = bytes.subarray(at, Math.max(end, at + magicAt + 1));
    const header = headerOf(batch);
    const isHidden = isAborted(header) || header.isControl;
    const decoded = isHidden ? [] : await decodeOne(batch, header, budget);
    if ('undecodable' in decoded) {
      if (messages.length === 0) messages.push(decoded);
      break;
    }
    for (const record of decoded) messages.push(record);
    const last = String(header.lastOffset);
    if (messages.at(-1)?.offset !== last) messages.push(nothingUpTo(last));
    at = end;
  }
  return messages;
}

async function decodeOne(
  batch: Buffer,
  header: BatchHeader,
  budget: DecodeBudget,
): Promise<RawMessage[] | UndecodableMessage> {
  try {
    checkHeader(batch);
    const { records } = await decodeRecordBatch(new DecoderOf(batch));
    for (const { key, value } of records) budget.bytesLeft -= recordBytes + (key?.length ?? 0) + (value?.length ?? 0);
    return records;
  } catch (error) {
    return undecodable(batch, header, error instanceof Error ? error.message : String(error));
  }
}

function checkHeader(batch: Buffer): void {
  const magic = batch[magicAt];
  if (magic !== 2) throw new Error(`a record batch of format ${magic}`);
  if (batch.length < headerBytes) throw new Error(`a record batch of ${batch.length} bytes`);
  const codec = batch[attributesAt + 1]! & codecMask;
  if (codec >= codecs) throw new Error(`compressed with codec ${codec}, which is unknown`);
  const count = batch.readInt32BE(recordCountAt);
  if (count > batchRecordsMax) throw new Error(`a batch of ${count} records, more than ${batchRecordsMax}`);
}

function headerOf(batch: Buffer): BatchHeader {
  const firstOffset = batch.readBigInt64BE(0);
  if (batch[magicAt] !== 2 || batch.length < headerBytes) {
    const unknown = { maxTimestamp: 0n, producerId: '-1', isInTransaction: false, isControl: false };
    return { firstOffset, lastOffset: firstOffset, ...unknown };
  }
  const attributes = batch.readInt16BE(attributesAt);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(batch.readInt32BE(lastOffsetDeltaAt)),
    maxTimestamp: batch.readBigInt64BE(maxTimestampAt),
    producerId: String(batch.readBigInt64BE(producerIdAt)),
    isInTransaction: (attributes & inTransactionFlag) !== 0,
    isControl: (attributes & controlFlag) !== 0,
  };
}

/** Says of one batch after the other whether it belongs to an aborted transaction (KIP-98, consumer side). */
function abortedBatches(aborted: readonly AbortedTransaction[]): (batch: BatchHeader) => boolean {
  const ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  return (batch) => {
    while (ahead.length > 0 && ahead[0]!.firstOffset <= batch.lastOffset) open.add(ahead.shift()!.producerId);
    if (batch.isControl) open.delete(batch.producerId);
    return batch.isInTransaction && open.has(batch.producerId);
  };
}

/**
 * Stands for the end of a batch of which nothing is to be seen: it was aborted, is a marker, or compaction has removed
 * its last records. So a reader gets past it.
 */
function nothingUpTo(offset: string): RawMessage {
  return { offset, timestamp: '0', key: null, value: null, headers: {}, isControlRecord: true };
}

function undecodable(batch: Buffer, header: BatchHeader, reason: string): UndecodableMessage {
  const offset = String(header.lastOffset);
  return {
    ...nothingUpTo(offset),
    timestamp: String(header.maxTimestamp),
    isControlRecord: false,
    undecodable: {
      firstOffset: Number(header.firstOffset),
      lastOffset: Number(header.lastOffset),
      timestamp: Number(header.maxTimestamp),
      size: batch.length,
      // A copy: the fetched bytes around it need not be kept for it.
      bytes: batch.length <= rawBatchBytesMax ? Buffer.from(batch) : undefined,
      reason,
    },
  };
}
