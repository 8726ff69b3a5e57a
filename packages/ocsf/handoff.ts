import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion, RegistrationId } from '@tributary/schemas/registration.ts';
import {
  type Data,
  DataType,
  type Dictionary,
  Field,
  type Int32,
  Int64,
  type RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  type Utf8,
  type Vector,
} from 'apache-arrow';
import { OcsfRows, type RowOrigin } from './columnar/ocsf-rows.ts';
import { TextHeap } from './columnar/text-heap.ts';
import { handoffFields } from './columns.ts';
import type { OcsfRow } from './normalise.ts';

/** One row on its way from a consumer to a flusher: an OCSF event, whose it is, and where it came from. */
export interface HandoffRow extends RowOrigin {
  readonly row: OcsfRow;
}

/** Rows of one class and OCSF version; there is at least one. */
export interface HandoffRows {
  readonly eventClass: EventClass;
  readonly ocsfVersion: OcsfVersion;
  readonly rows: readonly HandoffRow[];
}

/** The value of a hand-off message of rows that the row interpreter made. Throws for no rows. */
export function encodeHandoff({ eventClass, ocsfVersion, rows }: HandoffRows): Buffer {
  if (rows.length === 0) throw new RangeError('a hand-off message has at least one row');
  const columns = new OcsfRows(eventClass, ocsfVersion);
  columns.begin(new TextHeap(), rows.length);
  for (const [place, { row, ...origin }] of rows.entries()) {
    columns.addRow(place, row.values);
    columns.setOrigin(place, origin);
  }
  return encodeBatch(columns.handoffBatch(Int32Array.from(rows.keys())));
}

/** The value of a hand-off message: an Arrow IPC stream of one record batch and its dictionary. */
export function encodeBatch(batch: RecordBatch): Buffer {
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  writer.finish();
  const bytes = writer.toUint8Array(true);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A hand-off message, read: the columns that a flusher decides by, and all columns as Arrow. The rows are in the order in which they were encoded. */
export interface HandoffBatch {
  readonly rows: number;
  readonly registration: (row: number) => RegistrationId;
  readonly generation: Int32Array;
  readonly sourcePartition: Int32Array;
  readonly sourceOffset: Float64Array;
  readonly sourceEpoch: Int32Array;
  readonly objectAccount: (row: number) => string;
  /** Event time, ms since the epoch. */
  readonly time: Float64Array;
  /** The hand-off columns first, then the OCSF columns. Its buffers are slices of the message. */
  readonly batch: RecordBatch;
}

/** Reads a hand-off message. Throws an Error that says what is wrong when the bytes are not one, or not whole. */
export function decodeHandoff(bytes: Uint8Array): HandoffBatch {
  try {
    return readHandoff(bytes);
  } catch (error) {
    throw new Error(`not a hand-off message: ${(error as Error).message}`, { cause: error });
  }
}

/** Columns that are read below, with their types. */
const decisive = [...handoffFields(), new Field('time', new Int64(), false)];

function readHandoff(bytes: Uint8Array): HandoffBatch {
  const batches = [...RecordBatchReader.from(bytes)];
  const [batch] = batches;
  if (batch === undefined || batches.length !== 1 || batch.numRows === 0) {
    throw new Error(`${batches.length} record batches with rows instead of one`);
  }
  for (const { name, type } of decisive) {
    const found = batch.schema.fields.find((field) => field.name === name);
    if (String(found?.type) !== String(type)) throw new Error(`column ${name} is not there as ${type}`);
  }
  const dictionaries = new Set(batch.data.children.flatMap(dictionariesOf));
  for (const dictionary of dictionaries) check(dictionary, dictionary.length, 'the dictionary');
  for (const [at, child] of batch.data.children.entries()) check(child, batch.numRows, batch.schema.fields[at]!.name);
  const column = (name: string) => batch.getChild(name)!;
  return {
    rows: batch.numRows,
    registration: texts(column('registration')) as (row: number) => RegistrationId,
    generation: column('generation').toArray(),
    sourcePartition: column('sourcePartition').toArray(),
    sourceOffset: numbers(column('sourceOffset').toArray()),
    sourceEpoch: column('sourceEpoch').toArray(),
    objectAccount: texts(column('objectAccount')),
    time: numbers(column('time').toArray()),
    batch,
  };
}

/** Arrow-js takes buffers that are too short and reads zeros or nothing: check that they hold what the batch says. */
function check(data: Data, rows: number, path: string): void {
  const broken = (what: string): never => {
    throw new Error(`${what} of column ${path}`);
  };
  if (data.length !== rows) broken('length');
  if (data.nullCount > 0 && data.nullBitmap.length * 8 < rows) broken('validity');
  if (DataType.isStruct(data.type)) {
    for (const [at, child] of data.children.entries()) check(child, rows, `${path}.${data.type.children[at]!.name}`);
  } else if (DataType.isDictionary(data.type)) {
    checkCodes(data as Data<Dictionary>, rows, path);
  } else if (DataType.isList(data.type) || DataType.isMap(data.type) || DataType.isUtf8(data.type)) {
    const offsets = data.valueOffsets as Int32Array;
    if (offsets.length <= rows || offsets[0] !== 0) broken('offsets');
    for (let i = 0; i < rows; i++) if (offsets[i + 1]! < offsets[i]!) broken('offsets');
    const items = offsets[rows]!;
    if (DataType.isUtf8(data.type)) {
      if (data.values.length < items) broken('text');
    } else check(data.children[0]!, items, `${path}[]`);
  } else {
    const perRow = DataType.isBool(data.type) ? 1 / 8 : 1;
    if (data.values.length < rows * perRow) broken('values');
  }
}

function dictionariesOf(data: Data): Data[] {
  const own = data.dictionary?.data ?? [];
  return [...own, ...own.flatMap(dictionariesOf), ...data.children.flatMap(dictionariesOf)];
}

function checkCodes(data: Data<Dictionary>, rows: number, path: string): void {
  const codes = data.values as Int32Array;
  const texts = data.dictionary?.data ?? [];
  const count = texts[0]?.length ?? 0;
  if (codes.length < rows || texts.length !== 1) throw new Error(`codes of column ${path}`);
  for (let row = 0; row < rows; row++) {
    if ((codes[row]! < 0 || codes[row]! >= count) && data.getValid(row)) throw new Error(`codes of column ${path}`);
  }
}

/** The texts of a column by row. There are few different ones: each is decoded once. */
function texts(column: Vector): (row: number) => string {
  const { values, dictionary } = column.data[0] as Data<Dictionary<Utf8, Int32>>;
  const known: string[] = [];
  return (row) => {
    const code = values[row]!;
    known[code] ??= dictionary!.get(code) as string;
    return known[code];
  };
}

function numbers(values: BigInt64Array): Float64Array {
  return Float64Array.from(values, Number);
}
