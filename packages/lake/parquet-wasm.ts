import { createHash } from 'node:crypto';
import { type HandoffColumn, handoffColumns } from '@tributary/schemas/kafka/handoff.ts';
import { type Data, type RecordBatch, RecordBatchStreamWriter, tableFromIPC } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import * as parquet from 'parquet-wasm/node';
import { gatherRows } from './gather.ts';
import { type Measured, measure, type PageLimits, plainBytes, planPages, sliceRowsMax } from './page-limits.ts';
import { refuseOtherColumns } from './same-columns.ts';
import { inTimeOrder } from './time-order.ts';

/** A hand-off message whose columns can be reached: open it once where several objects take rows of it. */
export interface OpenMessage {
  readonly batches: readonly RecordBatch[];
}

/** Opens an Arrow IPC stream. Its bytes are referred to, not copied: they must not change while it is used. */
export function openMessage(message: Uint8Array): OpenMessage {
  // Arrow reads numbers in place, so the stream must start on a boundary of 8 bytes; a slice of a fetch may not.
  return { batches: tableFromIPC(message.byteOffset % 8 === 0 ? message : new Uint8Array(message)).batches };
}

/** Rows of hand-off messages that make one object: all of one registration, generation and object account. */
export interface EncodeRequest {
  /** Hand-off messages, opened or as Arrow IPC streams, of rows with the same columns. */
  readonly messages: readonly (Uint8Array | OpenMessage)[];
  /** The object's rows in hand-off order: row `row[i]` of message `message[i]`, each at most once. */
  readonly rows: { readonly message: ArrayLike<number>; readonly row: ArrayLike<number> };
  /** Written into the object's footer, such as the OCSF class and version. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A finished object, ready to be put. */
export interface EncodedObject {
  /** The Parquet file, in memory of its own (it can be transferred). */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the bytes, lower-case hex. */
  readonly sha256: string;
  readonly rows: number;
  /** Event time of the first row, ms since the epoch. */
  readonly earliest: number;
  /** Event time of the last row, ms since the epoch. */
  readonly latest: number;
}

/**
 * The encoder's memory can't be trusted any more (a panic of the wasm code, or an object that lost rows). The worker
 * that threw this must be replaced; the same rows may be tried again in a new one.
 */
export class EncoderBroken extends Error {
  override readonly name = 'EncoderBroken';
}

/** The most bytes gathered at a time. */
const chunkBytesMax = 64 * 1024 * 1024;
/**
 * Bytes of gathered rows that are kept from planning until they are written. What an object holds beyond them is gathered
 * twice: rows that are small in the hand-off, because they share their texts, may be a hundred times as large here.
 */
const keptBytesMax = 128 * 1024 * 1024;

const handoffNames = new Set<string>(handoffColumns.map((column) => column.name));

/**
 * One Parquet object of the chosen rows, without the hand-off columns, sorted by `time` (rows of one time keep their
 * hand-off order), within the limits of Security Lake whatever the rows hold: zstd, V1 data pages and dictionary pages
 * of at most 1 MB, row groups of at most 256 MB. Values may be up to 256 KB long, a row's list or map 512 KB per column.
 *
 * Made for a worker thread: it is busy for 15-25 µs per row, and memory of the wasm heap is only given back with its
 * thread. Rejects with `OtherColumns` when the messages don't have the same columns, and with `EncoderBroken` when the thread
 * must be replaced. A panic of the wasm code may also surface as an
 * uncaught exception of the thread while this promise stays open: treat both alike.
 */
export async function encodeObject(request: EncodeRequest): Promise<EncodedObject> {
  const { batches, source, row } = locate(request);
  refuseOtherColumns(batches);
  refuseMixedRows(batches, source, row);
  const times = batches.map((batch) => batch.getChild('time')!.data[0]!.values as BigInt64Array);
  const sorted = inTimeOrder(times, source, row);
  const columns = batches[0]!.schema.fields.map((field) => field.name).filter((name) => !handoffNames.has(name));
  const gather: Gather = (from, to, bytesMax) =>
    gatherRows(batches, columns, sorted.source.subarray(from, to), sorted.row.subarray(from, to), bytesMax);
  const chunks = planChunks(gather, row.length);
  const limits = planPages(chunks.map(({ measured }) => measured));
  const bytes = await write(chunks, gather, limits, request.metadata ?? {});
  const written = Number(parquetMetadata(bytes.buffer).num_rows);
  // The writer ends its file silently where its input fails: only the footer tells.
  if (written !== row.length) throw new EncoderBroken(`${written} of ${row.length} rows were written`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sha256, rows: row.length, earliest: sorted.earliest, latest: sorted.latest };
}

/** The messages as record batches, and the chosen rows as rows of those. */
function locate({ messages, rows }: EncodeRequest): { batches: RecordBatch[]; source: Uint32Array; row: Int32Array } {
  if (rows.row.length === 0) throw new RangeError('an object has at least one row');
  const opened = messages.map((message) => ('batches' in message ? message : openMessage(message)).batches);
  const firstBatch: number[] = [];
  opened.reduce((first, own) => {
    firstBatch.push(first);
    return first + own.length;
  }, 0);
  const source = new Uint32Array(rows.row.length);
  const row = Int32Array.from(rows.row);
  for (let i = 0; i < row.length; i++) {
    const own = opened[rows.message[i]!] ?? [];
    let batch = 0;
    while (batch < own.length && row[i]! >= own[batch]!.numRows) row[i]! -= own[batch++]!.numRows;
    if (batch === own.length || row[i]! < 0)
      throw new RangeError(`message ${rows.message[i]} has no row ${rows.row[i]}`);
    source[i] = firstBatch[rows.message[i]!]! + batch;
  }
  return { batches: opened.flat(), source, row };
}

/** What all rows of an object have in common. */
const identifying: readonly HandoffColumn[] = ['registration', 'generation', 'objectAccount'];

/**
 * Invariant 4, no tenant sees another: whoever chose the rows, rows of two registrations, generations or accounts never
 * get into one object.
 */
function refuseMixedRows(batches: readonly RecordBatch[], source: Uint32Array, row: Int32Array): void {
  const own = gatherRows(batches, identifying, source, row, Number.POSITIVE_INFINITY)!;
  for (const [at, name] of identifying.entries()) {
    if (!allEqual(own.data.children[at]!)) throw new RangeError(`the rows of an object differ in ${name}`);
  }
}

function allEqual({ length, values, valueOffsets }: Data): boolean {
  const width = valueOffsets === undefined ? 1 : valueOffsets[1]! - valueOffsets[0]!;
  for (let i = 1; i < length; i++) {
    if (valueOffsets !== undefined && valueOffsets[i + 1]! - valueOffsets[i]! !== width) return false;
    for (let byte = 0; byte < width; byte++) if (values[i * width + byte] !== values[byte]) return false;
  }
  return true;
}

/** The rows `from` up to `to` of the object; undefined when they are more than `bytesMax`. */
type Gather = (from: number, to: number, bytesMax: number) => RecordBatch | undefined;

/** Rows that are handed to the writer together. */
interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly measured: Measured;
  /** Undefined where it is to be gathered again. */
  readonly kept: RecordBatch | undefined;
}

function planChunks(gather: Gather, rows: number): Chunk[] {
  const chunks: Chunk[] = [];
  let most = sliceRowsMax;
  let bytes = 0;
  for (let from = 0; from < rows; ) {
    const to = Math.min(rows, from + most);
    const batch = gather(from, to, chunkBytesMax);
    if (batch === undefined) {
      most = Math.max(1, (to - from) >> 1);
      continue;
    }
    const measured = measure(batch);
    bytes += plainBytes(measured);
    chunks.push({ from, to, measured, kept: bytes <= keptBytesMax ? batch : undefined });
    from = to;
  }
  return chunks;
}

/** Writes the chunks and gives each up as soon as it is in the wasm heap. */
async function write(
  chunks: Chunk[],
  gather: Gather,
  limits: PageLimits,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  let failure: unknown;
  const waiting = chunks.map((chunk, i) => ({ chunk, slices: limits.slices[i]! })).reverse();
  chunks.length = 0;
  const input = new ReadableStream<parquet.RecordBatch>(
    {
      pull(controller) {
        try {
          const next = waiting.pop();
          if (next === undefined) controller.close();
          else {
            const { from, to, kept } = next.chunk;
            const batch = kept ?? gather(from, to, Number.POSITIVE_INFINITY)!;
            for (const slice of intoWasm(batch, next.slices)) controller.enqueue(slice);
          }
        } catch (error) {
          failure = error;
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  try {
    const output = await parquet.transformParquetStream(input, writerProperties(limits, metadata));
    const bytes = await joined(output as ReadableStream<Uint8Array>);
    if (failure !== undefined) throw failure;
    return bytes;
  } catch (error) {
    const cause = failure ?? error;
    // A trap: WebAssembly.RuntimeError, of whichever realm.
    if (cause instanceof Error && cause.name === 'RuntimeError')
      throw new EncoderBroken('the Parquet writer panicked', { cause });
    throw cause;
  }
}

/** The chunk in the wasm heap, cut into slices that share its memory until the writer has consumed the last. */
function intoWasm(chunk: RecordBatch, slices: readonly number[]): parquet.RecordBatch[] {
  const table = parquet.Table.fromIPCStream(RecordBatchStreamWriter.writeAll([chunk]).toUint8Array(true));
  const batch = table.recordBatch(0)!;
  try {
    let at = 0;
    return slices.map((rows) => {
      at += rows;
      return batch.slice(at - rows, rows);
    });
  } finally {
    batch.free();
    table.free();
  }
}

/** Consumed by the writer, which frees it. */
function writerProperties(limits: PageLimits, metadata: Readonly<Record<string, string>>): parquet.WriterProperties {
  return new parquet.WriterPropertiesBuilder()
    .setCreatedBy('tributary')
    .setWriterVersion(parquet.WriterVersion.V1)
    .setCompression(parquet.Compression.ZSTD)
    .setDictionaryEnabled(true)
    .setMaxRowGroupSize(limits.rowsPerGroup)
    .setDataPageSizeLimit(limits.pageBytes)
    .setDictionaryPageSizeLimit(limits.pageBytes)
    .setKeyValueMetadata(new Map(Object.entries(metadata)))
    .build();
}

async function joined(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
