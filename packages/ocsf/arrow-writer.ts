import {
  type Bool,
  type Data,
  DataType,
  type Field,
  type Int32,
  type Int64,
  type List,
  type Map_,
  makeData,
  RecordBatch,
  type Schema,
  Struct,
  type Timestamp,
  type Utf8,
} from 'apache-arrow';

/** A value of a column as rows hold it; undefined is null. */
export type Cell = unknown;

/**
 * A record batch of `rows` cells in each column. Fills Arrow's buffers column by column: the builders of arrow-js take
 * ten times as long. Every buffer has an ArrayBuffer of its own, because arrow-js drops bytes when it writes
 * neighbouring buffers that share one. Throws when a column that must not be null has no value.
 */
export function recordBatch(schema: Schema, rows: number, cellsOf: (column: string) => readonly Cell[]): RecordBatch {
  const children = schema.fields.map((field) => dataOf(field, cellsOf(field.name)));
  const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
  return new RecordBatch(schema, struct);
}

function dataOf(field: Field, cells: readonly Cell[]): Data {
  const { type } = field;
  const length = cells.length;
  const validity = validityOf(field, cells);
  if (DataType.isUtf8(type)) return makeData<Utf8>({ type, length, ...validity, ...textBuffers(cells) });
  if (DataType.isStruct(type)) {
    const children = type.children.map((child) =>
      dataOf(
        child,
        cells.map((cell) => attribute(cell, child.name)),
      ),
    );
    return makeData<Struct>({ type, length, ...validity, children });
  }
  if (DataType.isList(type)) {
    const { valueOffsets, items } = flatten(cells, (cell) => cell as readonly Cell[]);
    return makeData<List>({ type, length, ...validity, valueOffsets, child: dataOf(type.children[0]!, items) });
  }
  if (DataType.isMap(type)) {
    const { valueOffsets, items } = flatten(cells, entriesOf);
    const child = dataOf(type.children[0]!, items) as Data<Struct<{ key: DataType; value: DataType }>>;
    return makeData<Map_>({ type, length, ...validity, valueOffsets, child });
  }
  if (DataType.isBool(type))
    return makeData<Bool>({ type, length, ...validity, data: bits(cells, (cell) => cell === true) });
  if (DataType.isInt(type) && type.bitWidth === 32) {
    return makeData<Int32>({ type: type as Int32, length, ...validity, data: int32s(cells) });
  }
  return makeData({ type: type as Int64 | Timestamp, length, ...validity, data: int64s(cells) } as never);
}

function attribute(cell: Cell, name: string): Cell {
  return cell === undefined ? undefined : (cell as Record<string, Cell>)[name];
}

function entriesOf(cell: Cell): readonly Cell[] {
  const map = cell as Record<string, string>;
  return Object.keys(map).map((key) => ({ key, value: map[key] }));
}

interface Validity {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

function validityOf(field: Field, cells: readonly Cell[]): Validity {
  let nullCount = 0;
  for (const cell of cells) if (cell === undefined) nullCount++;
  if (nullCount === 0) return { nullCount };
  // The children of an absent object have nothing either: only a column that is always there can break this promise.
  if (!field.nullable) throw new Error(`the column ${field.name} has no value in ${nullCount} of ${cells.length} rows`);
  return { nullCount, nullBitmap: bits(cells, (cell) => cell !== undefined) };
}

function bits(cells: readonly Cell[], isSet: (cell: Cell) => boolean): Uint8Array {
  const bytes = new Uint8Array(((cells.length + 63) >> 6) << 3);
  for (let i = 0; i < cells.length; i++) if (isSet(cells[i])) bytes[i >> 3]! |= 1 << (i & 7);
  return bytes;
}

function int32s(cells: readonly Cell[]): Int32Array {
  const data = new Int32Array(cells.length);
  for (let i = 0; i < cells.length; i++) data[i] = (cells[i] as number | undefined) ?? 0;
  return data;
}

/** 64-bit integers from exact numbers, in two halves: a BigInt for each would be garbage. */
function int64s(cells: readonly Cell[]): BigInt64Array {
  const data = new BigInt64Array(cells.length);
  const halves = new Int32Array(data.buffer);
  for (let i = 0; i < cells.length; i++) {
    const value = (cells[i] as number | undefined) ?? 0;
    const high = Math.floor(value / 4_294_967_296);
    halves[2 * i] = value - high * 4_294_967_296;
    halves[2 * i + 1] = high;
  }
  return data;
}

function flatten(cells: readonly Cell[], itemsOf: (cell: Cell) => readonly Cell[]) {
  const valueOffsets = new Int32Array(cells.length + 1);
  const items: Cell[] = [];
  for (let i = 0; i < cells.length; i++) {
    if (cells[i] !== undefined) for (const item of itemsOf(cells[i])) items.push(item);
    valueOffsets[i + 1] = items.length;
  }
  return { valueOffsets, items };
}

const encoder = new TextEncoder();

/** Text is joined and encoded at once; where all of it is ASCII, the offsets are the lengths. */
function textBuffers(cells: readonly Cell[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const texts = cells as readonly (string | undefined)[];
  const valueOffsets = new Int32Array(texts.length + 1);
  const joined = texts.join('');
  let data = encoder.encode(joined);
  const lengthOf = data.length === joined.length ? (text: string) => text.length : Buffer.byteLength;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    valueOffsets[i + 1] = valueOffsets[i]! + (text === undefined ? 0 : lengthOf(text));
  }
  // Halves of a surrogate pair in neighbouring cells join into one character: encode those one by one.
  if (valueOffsets[texts.length] !== data.length) data = encodeApart(texts, valueOffsets[texts.length]!);
  // Node's encoder doesn't share buffers today; the promise above must not depend on that.
  return { valueOffsets, data: data.byteLength === data.buffer.byteLength ? data : data.slice() };
}

function encodeApart(texts: readonly (string | undefined)[], bytes: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const text of texts) if (text !== undefined) at += encoder.encodeInto(text, data.subarray(at)).written;
  return data;
}
