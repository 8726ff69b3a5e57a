import {
  type Data,
  DataType,
  type Dictionary,
  Field,
  List,
  Map_,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Type,
} from 'apache-arrow';

/**
 * Which rows to take, in order: row `row[i]` of source `source[i]`, or a null where `row[i]` is -1. `run` says that they
 * are neighbours in one source, so that whole ranges can be copied.
 */
interface Picks {
  readonly source: Uint32Array;
  readonly row: Int32Array;
  readonly run: boolean;
}

/** Bytes that a gather may still allocate for strings and lists; below zero it gives up. */
interface Allowance {
  bytes: number;
}

/** The chosen rows hold more bytes than allowed: gather fewer at a time. */
class TooLarge extends Error {}

/**
 * Copies the chosen rows of `batches` (all of one schema) into one new record batch of the columns `columns`.
 * `undefined` when they hold more than `bytesMax`, unless a single row is asked for.
 *
 * Works on Arrow's buffers column by column. Each buffer of the result is memory of its own: Arrow's writer drops bytes
 * where two columns share a buffer. Rows below a null struct or list become nulls without bytes, whatever the source
 * holds there. Dictionaries are spelled out.
 */
export function gatherRows(
  batches: readonly RecordBatch[],
  columns: readonly string[],
  source: Uint32Array,
  row: Int32Array,
  bytesMax: number,
): RecordBatch | undefined {
  const picks = asPicks(source, row);
  const allowance = { bytes: row.length > 1 ? bytesMax : Number.POSITIVE_INFINITY };
  const schema = batches[0]!.schema;
  const fields: Field[] = [];
  const children: Data[] = [];
  try {
    for (const name of columns) {
      const at = schema.fields.findIndex((field) => field.name === name);
      const field = writtenField(schema.fields[at]!);
      fields.push(field);
      const sources = batches.map((batch) => batch.data.children[at]!);
      children.push(gather(field.type, sources, picks, allowance));
    }
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
  return new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: row.length, nullCount: 0, children }),
  );
}

/**
 * The field as it is written: dictionaries spelled out, and the parts of lists and maps named as the Parquet format
 * names them, because readers recognise the 3-level form by these names.
 *
 * Source: Parquet LogicalTypes.md, "Lists" and "Maps": `list.element`, `key_value.key`, `key_value.value`.
 */
function writtenField(field: Field, name = field.name, nullable = field.nullable): Field {
  return new Field(name, writtenType(field.type), nullable);
}

function writtenType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return writtenType(type.dictionary);
  if (DataType.isList(type)) return new List(writtenField(type.children[0]!, 'element'));
  if (DataType.isStruct(type)) return new Struct(type.children.map((field: Field) => writtenField(field)));
  if (DataType.isMap(type)) {
    const [key, value] = type.children[0]!.type.children as [Field, Field];
    const entry = new Struct([writtenField(key, 'key', false), writtenField(value, 'value')]);
    const map = new Map_(new Field('key_value', entry, false) as never, type.keysSorted);
    // The constructor calls the entries `entries`, whatever they were called.
    Object.assign(map.children[0]!, { name: 'key_value' });
    return map;
  }
  return type;
}

function gather(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  if (DataType.isDictionary(sources[0]!.type)) return gatherCodes(type, sources, picks, allowance);
  switch (type.typeId) {
    case Type.Utf8:
    case Type.Binary:
      return gatherBytes(type, sources, picks, allowance);
    case Type.Bool:
      return gatherBits(type, sources, picks);
    case Type.Int:
    case Type.Float:
    case Type.Timestamp:
    case Type.Date:
      return gatherFixed(type, sources, picks);
    case Type.Struct:
      return gatherStruct(type, sources, picks, allowance);
    case Type.List:
    case Type.Map:
      return gatherList(type, sources, picks, allowance);
    default:
      throw new TypeError(`a column of type ${type} cannot be delivered`);
  }
}

interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | null;
}

function validityOf(sources: readonly Data[], { source, row, run }: Picks): Validity {
  const bitmaps = sources.map((data) => (data.nullCount > 0 ? data.nullBitmap : null));
  const n = row.length;
  if (run && (n === 0 || bitmaps[source[0]!] === null)) return { nullCount: 0, nullBitmap: null };
  const bits = new Uint8Array(bitmapBytes(n));
  let valid = 0;
  for (let i = 0; i < n; i++) {
    const r = row[i]!;
    if (r < 0) continue;
    const bitmap = bitmaps[source[i]!]!;
    if (bitmap !== null && ((bitmap[r >> 3]! >> (r & 7)) & 1) === 0) continue;
    bits[i >> 3]! |= 1 << (i & 7);
    valid++;
  }
  return valid === n ? { nullCount: 0, nullBitmap: null } : { nullCount: n - valid, nullBitmap: bits };
}

/** Integers, floats and timestamps: copied as words of their width, 64 bits as two halves (no BigInt is made). */
function gatherFixed(type: DataType, sources: readonly Data[], picks: Picks): Data {
  const { source, row, run } = picks;
  const n = row.length;
  const Values = sources[0]!.values.constructor as new (buffer: ArrayBuffer) => Int32Array;
  const width = (sources[0]!.values as Int32Array).BYTES_PER_ELEMENT;
  const out = new ArrayBuffer(n * width);
  const words = sources.map((data) => wordsOf(data.values as Int32Array));
  const to = wordsOf(new Uint8Array(out), width);
  if (run && n > 0) {
    const stride = width === 8 ? 2 : 1;
    to.set(words[source[0]!]!.subarray(row[0]! * stride, (row[0]! + n) * stride));
  } else if (width === 8) {
    for (let i = 0; i < n; i++) {
      const r = row[i]!;
      if (r < 0) continue;
      const from = words[source[i]!]!;
      to[2 * i] = from[2 * r]!;
      to[2 * i + 1] = from[2 * r + 1]!;
    }
  } else {
    for (let i = 0; i < n; i++) if (row[i]! >= 0) to[i] = words[source[i]!]![row[i]!]!;
  }
  return makeData({ type, length: n, ...validityOf(sources, picks), data: new Values(out) } as never);
}

function wordsOf(view: ArrayBufferView, width = (view as Uint8Array).BYTES_PER_ELEMENT) {
  const { buffer, byteOffset, byteLength } = view;
  if (width === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (width === 2) return new Uint16Array(buffer, byteOffset, byteLength >> 1);
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

function gatherBits(type: DataType, sources: readonly Data[], picks: Picks): Data {
  const { source, row } = picks;
  const from = sources.map((data) => data.values as Uint8Array);
  const bits = new Uint8Array(bitmapBytes(row.length));
  for (let i = 0; i < row.length; i++) {
    const r = row[i]!;
    if (r >= 0 && (from[source[i]!]![r >> 3]! >> (r & 7)) & 1) bits[i >> 3]! |= 1 << (i & 7);
  }
  return makeData({ type, length: row.length, ...validityOf(sources, picks), data: bits } as never);
}

function gatherBytes(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const { source, row, run } = picks;
  const n = row.length;
  const validity = validityOf(sources, picks);
  const starts = sources.map((data) => data.valueOffsets as Int32Array);
  const from = sources.map((data) => data.values as Uint8Array);
  const valueOffsets = offsetsOf(starts, picks, validity, allowance);
  const values = new Uint8Array(valueOffsets[n]!);
  if (run && n > 0 && validity.nullCount === 0) {
    const start = starts[source[0]!]![row[0]!]!;
    values.set(from[source[0]!]!.subarray(start, start + values.length));
  } else {
    copyEach(starts, from, picks, valueOffsets, values);
  }
  return makeData({ type, length: n, ...validity, valueOffsets, data: values } as never);
}

/** From this length on, a call that copies is quicker than words one by one. */
const longCopyBytes = 192;

function copyEach(
  starts: readonly Int32Array[],
  from: readonly Uint8Array[],
  { source, row }: Picks,
  offsets: Int32Array,
  values: Uint8Array,
): void {
  const views = from.map(({ buffer, byteOffset, byteLength }) => new DataView(buffer, byteOffset, byteLength));
  const out = new DataView(values.buffer);
  for (let i = 0; i < row.length; i++) {
    let to = offsets[i]!;
    const end = offsets[i + 1]!;
    if (end === to) continue;
    let at = starts[source[i]!]![row[i]!]!;
    if (end - to >= longCopyBytes) {
      values.set(from[source[i]!]!.subarray(at, at + end - to), to);
      continue;
    }
    const view = views[source[i]!]!;
    for (; to + 8 <= end; to += 8, at += 8) out.setBigInt64(to, view.getBigInt64(at, true), true);
    if (to + 4 <= end) {
      out.setInt32(to, view.getInt32(at, true), true);
      to += 4;
      at += 4;
    }
    for (; to < end; to++, at++) out.setUint8(to, view.getUint8(at));
  }
}

/** Offsets of the chosen strings or lists, packed; those of nulls are empty. */
function offsetsOf(starts: readonly Int32Array[], picks: Picks, validity: Validity, allowance: Allowance): Int32Array {
  const { source, row } = picks;
  const bitmap = validity.nullBitmap;
  const offsets = new Int32Array(row.length + 1);
  let end = 0;
  for (let i = 0; i < row.length; i++) {
    if (bitmap === null || (bitmap[i >> 3]! >> (i & 7)) & 1) {
      const from = starts[source[i]!]!;
      end += from[row[i]! + 1]! - from[row[i]!]!;
      if (end > allowance.bytes) throw new TooLarge();
    }
    offsets[i + 1] = end;
  }
  allowance.bytes -= end;
  return offsets;
}

function gatherStruct(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const validity = validityOf(sources, picks);
  const below = validity.nullBitmap === null ? picks : masked(picks, validity.nullBitmap);
  const children = (type.children as Field[]).map((field, at) =>
    gather(
      field.type,
      sources.map((data) => data.children[at]!),
      below,
      allowance,
    ),
  );
  return makeData({ type, length: picks.row.length, ...validity, children } as never);
}

function masked({ source, row }: Picks, bitmap: Uint8Array): Picks {
  const below = new Int32Array(row.length);
  for (let i = 0; i < row.length; i++) below[i] = (bitmap[i >> 3]! >> (i & 7)) & 1 ? row[i]! : -1;
  return { source, row: below, run: false };
}

function gatherList(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const n = picks.row.length;
  const validity = validityOf(sources, picks);
  const starts = sources.map((data) => data.valueOffsets as Int32Array);
  const valueOffsets = offsetsOf(starts, picks, validity, allowance);
  const source = new Uint32Array(valueOffsets[n]!);
  const row = new Int32Array(valueOffsets[n]!);
  for (let i = 0; i < n; i++) {
    const from = picks.source[i]!;
    let element = valueOffsets[i] === valueOffsets[i + 1] ? 0 : starts[from]![picks.row[i]!]!;
    for (let at = valueOffsets[i]!; at < valueOffsets[i + 1]!; at++) {
      source[at] = from;
      row[at] = element++;
    }
  }
  const child = gather(
    type.children[0]!.type,
    sources.map((data) => data.children[0]!),
    asPicks(source, row),
    allowance,
  );
  return makeData({ type, length: n, ...validity, valueOffsets, child } as never);
}

/** A dictionary column: its codes become picks of its dictionary, whose pieces are the sources. */
function gatherCodes(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const pieces: Data[] = [];
  const firstPiece = sources.map((data) => {
    const first = pieces.length;
    pieces.push(...(data as Data<Dictionary>).dictionary!.data);
    return first;
  });
  const { nullBitmap } = validityOf(sources, picks);
  const source = new Uint32Array(picks.row.length);
  const row = new Int32Array(picks.row.length).fill(-1);
  for (let i = 0; i < row.length; i++) {
    if (nullBitmap !== null && ((nullBitmap[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    let piece = firstPiece[picks.source[i]!]!;
    let code = Number(sources[picks.source[i]!]!.values[picks.row[i]!]);
    while (code >= pieces[piece]!.length) code -= pieces[piece++]!.length;
    source[i] = piece;
    row[i] = code;
  }
  return gather(type, pieces, { source, row, run: false }, allowance);
}

function asPicks(source: Uint32Array, row: Int32Array): Picks {
  let i = 1;
  while (i < row.length && row[i] === row[i - 1]! + 1 && source[i] === source[0]) i++;
  return { source, row, run: i >= row.length && (row.length === 0 || row[0]! >= 0) };
}

function bitmapBytes(bits: number): number {
  return ((bits + 63) >> 6) << 3;
}
