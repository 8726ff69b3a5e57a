import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { type HandoffColumn, handoffColumns } from '@tributary/schemas/kafka/handoff.ts';
import type { OcsfVersion, RegistrationId } from '@tributary/schemas/registration.ts';
import {
  type Data,
  DataType,
  Field,
  Int64,
  type RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
} from 'apache-arrow';
import { recordBatch } from './arrow-writer.ts';
import { handoffFields, ocsfColumns } from './columns.ts';
import type { OcsfRow } from './normalise.ts';

/** One row on its way from a consumer to a flusher: an OCSF event, whose it is, and where it came from. */
export interface HandoffRow {
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly sourceEpoch: number;
  /** The value of `accountId=` in the object key. */
  readonly objectAccount: string;
  readonly row: OcsfRow;
}

/** Rows of one class and OCSF version; there is at least one. */
export interface HandoffRows {
  readonly eventClass: EventClass;
  readonly ocsfVersion: OcsfVersion;
  readonly rows: readonly HandoffRow[];
}

/** The value of a hand-off message: an Arrow IPC stream of one record batch. Throws for no rows. */
export function encodeHandoff({ eventClass, ocsfVersion, rows }: HandoffRows): Buffer {
  if (rows.length === 0) throw new RangeError('a hand-off message has at least one row');
  const { handoffSchema } = ocsfColumns(eventClass, ocsfVersion);
  const batch = recordBatch(handoffSchema, rows.length, (column) =>
    isHandoffColumn(column) ? rows.map((row) => row[column]) : rows.map(({ row }) => row.values[column]),
  );
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  writer.finish();
  const bytes = writer.toUint8Array(true);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isHandoffColumn(name: string): name is HandoffColumn {
  return handoffColumns.some((column) => column.name === name);
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
  for (const [at, child] of batch.data.children.entries()) check(child, batch.numRows, batch.schema.fields[at]!.name);
  const column = (name: string) => batch.getChild(name)!;
  const registration = column('registration');
  const objectAccount = column('objectAccount');
  return {
    rows: batch.numRows,
    registration: (row) => registration.get(row),
    generation: column('generation').toArray(),
    sourcePartition: column('sourcePartition').toArray(),
    sourceOffset: numbers(column('sourceOffset').toArray()),
    sourceEpoch: column('sourceEpoch').toArray(),
    objectAccount: (row) => objectAccount.get(row),
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

function numbers(values: BigInt64Array): Float64Array {
  return Float64Array.from(values, Number);
}
