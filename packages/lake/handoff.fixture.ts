import {
  Bool,
  type Data,
  type DataType,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  Map_,
  makeBuilder,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Timestamp,
  TimeUnit,
  Utf8,
  Vector,
} from 'apache-arrow';
import fc from 'fast-check';

/** The OCSF part of a row of the fixture: one column of each form that a class has, and forms that it might get. */
export interface Row {
  time: number;
  time_dt: number | null;
  severity_id: number | null;
  risk: number | null;
  is_remote: boolean | null;
  message: string | null;
  class_name: string;
  device: { hostname: string; ip: string[] | null; os: { name: string | null; type_id: number } | null } | null;
  hashes: ({ value: string | null; algorithm_id: number } | null)[] | null;
  unmapped: [string, string | null][] | null;
}

const field = (name: string, type: Field['type'], nullable = true) => new Field(name, type, nullable);
const os = new Struct([field('name', new Utf8()), field('type_id', new Int32(), false)]);
const device = new Struct([
  field('hostname', new Utf8(), false),
  field('ip', new List(field('item', new Utf8()))),
  field('os', os),
]);
const hash = new Struct([field('value', new Utf8()), field('algorithm_id', new Int32(), false)]);
const entry = new Struct([field('key', new Utf8(), false), field('value', new Utf8())]);

export const handoffFields = [
  field('registration', new Utf8(), false),
  field('generation', new Int32(), false),
  field('sourcePartition', new Int32(), false),
  field('sourceOffset', new Int64(), false),
  field('sourceEpoch', new Int32(), false),
  field('objectAccount', new Utf8(), false),
];

export const rowSchema = new Schema([
  ...handoffFields,
  field('time', new Int64(), false),
  field('time_dt', new Timestamp(TimeUnit.MILLISECOND, 'UTC')),
  field('severity_id', new Int32()),
  field('risk', new Float64()),
  field('is_remote', new Bool()),
  field('message', new Utf8()),
  field('class_name', new Dictionary(new Utf8(), new Int32(), 7), false),
  field('device', device),
  field('hashes', new List(field('item', hash))),
  field('unmapped', new Map_(field('entries', entry, false) as never)),
]);

export interface Identity {
  registration: string;
  generation: number;
  objectAccount: string;
}

/** One record batch of the rows, in order. */
export function batchOf(rows: readonly Row[], identity: Partial<Identity> = {}): RecordBatch {
  const builder = makeBuilder({ type: new Struct(rowSchema.fields), nullValues: [null, undefined] } as never);
  rows.forEach((row, i) => {
    builder.append({
      registration: '000000000001/file-activity',
      generation: 1,
      sourcePartition: 0,
      sourceOffset: BigInt(i),
      sourceEpoch: 0,
      objectAccount: 'external_000000000001',
      ...identity,
      ...row,
      time: BigInt(row.time),
      unmapped: row.unmapped === null ? null : new Map(row.unmapped),
    });
  });
  return new RecordBatch(rowSchema, builder.finish().toVector().data[0] as never);
}

/** A hand-off message: one IPC stream of one batch per group of rows. */
export function messageOf(...groups: readonly (readonly Row[])[]): Uint8Array {
  return streamOf(groups.map((rows) => batchOf(rows)));
}

/** The same rows, where equal devices and equal hashes are one object each: rows have its number. */
export function sharing(batch: RecordBatch): RecordBatch {
  const columns = batch.schema.fields.map(({ name, type, nullable }, at): [Field, Data] => {
    const own = batch.data.children[at]!;
    if (name === 'device') return [field(name, coded(type, 1), nullable), withCodes(own, 1)];
    if (name !== 'hashes') return [field(name, type, nullable), own];
    const list = new List(field('item', coded(type.children[0]!.type, 2)));
    const { length, nullCount, nullBitmap, valueOffsets } = own;
    const child = withCodes(own.children[0]!, 2);
    return [field(name, list), makeData({ type: list, length, nullCount, nullBitmap, valueOffsets, child } as never)];
  });
  const fields = columns.map(([own]) => own);
  const children = columns.map(([, data]) => data);
  const type = new Struct(fields);
  return new RecordBatch(new Schema(fields), makeData({ type, length: batch.numRows, nullCount: 0, children }));
}

/** The same rows with other columns: `change` answers the columns to have, in order, as fields and their data. */
export function withColumns(
  batch: RecordBatch,
  change: (columns: readonly (readonly [Field, Data])[]) => readonly (readonly [Field, Data])[],
): RecordBatch {
  const columns = change(batch.schema.fields.map((own, at) => [own, batch.data.children[at]!] as const));
  const fields = columns.map(([own]) => own);
  const children = columns.map(([, data]) => data);
  const data = makeData({ type: new Struct(fields), length: batch.numRows, nullCount: 0, children });
  return new RecordBatch(new Schema(fields), data);
}

const coded = (type: DataType, id: number) => new Dictionary(type, new Int32(), id);

function withCodes(objects: Data, id: number): Data {
  const { length, nullCount, nullBitmap, type } = objects;
  const values = Array.from(new Vector([objects]), (value) => JSON.stringify(value));
  const data = Int32Array.from(values, (value) => values.indexOf(value));
  const dictionary = new Vector([objects]);
  return makeData({ type: coded(type, id), length, nullCount, nullBitmap, data, dictionary } as never);
}

export function streamOf(batches: readonly RecordBatch[]): Uint8Array {
  return RecordBatchStreamWriter.writeAll([...batches]).toUint8Array(true);
}

const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 3 });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** Any row; times lie close together, so that ties are common. */
export const anyRow: fc.Arbitrary<Row> = fc.record({
  time: fc.integer({ min: 1_767_312_000_000, max: 1_767_312_000_020 }),
  time_dt: orNull(fc.integer({ min: 0, max: 4_000_000_000_000 })),
  severity_id: orNull(int),
  risk: orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
  is_remote: orNull(fc.boolean()),
  message: orNull(text(40)),
  class_name: fc.constantFrom('File System Activity', 'é', ''),
  device: orNull(
    fc.record({
      hostname: text(12),
      ip: orNull(fc.array(text(8), { maxLength: 3 })),
      os: orNull(fc.record({ name: orNull(text(5)), type_id: int })),
    }),
  ),
  hashes: orNull(fc.array(orNull(fc.record({ value: orNull(text(40)), algorithm_id: int })), { maxLength: 4 })),
  unmapped: orNull(
    fc
      // Keys of digits would change their order in hyparquet's objects.
      .uniqueArray(
        fc.tuple(
          text(6).map((key) => `k${key}`),
          orNull(text(20)),
        ),
        { maxLength: 3, selector: ([key]) => key },
      )
      .map((entries) => entries as [string, string | null][]),
  ),
});

/** Rows in one plain form, whoever read them: absent is null, 64 bits are numbers, maps are lists of entries. */
export function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, plain(own)]));
  return Object.is(value, -0) ? 0 : value;
}

/** What an object of these rows must hold, in order. */
export function expectedOf(rows: readonly Row[]): unknown[] {
  return rows.toSorted((a, b) => a.time - b.time).map((row) => plain(row));
}
