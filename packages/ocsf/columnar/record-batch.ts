import {
  type Bool,
  type Data,
  DataType,
  type Dictionary,
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
  Utf8,
  Vector,
} from 'apache-arrow';
import type { Cells, ListCells } from './cells.ts';
import { absent, type TextHeap } from './text-heap.ts';

/**
 * A record batch of the rows `rows`, in that order. All text columns share one dictionary (they have the same dictionary
 * id), which holds the texts of these rows and no others. Every buffer has an ArrayBuffer of its own, because arrow-js
 * drops bytes when it writes neighbouring buffers that share one. Throws when a column that must not be null is.
 */
export function recordBatch(
  schema: Schema,
  rows: Int32Array,
  cellsOf: (column: string) => Cells,
  heap: TextHeap,
): RecordBatch {
  const texts = new ChosenTexts(heap);
  const children = schema.fields.map((field) => column(field, cellsOf(field.name), rows, texts));
  const dictionary = texts.dictionary();
  for (const child of children) giveDictionary(child, dictionary);
  const type = new Struct(schema.fields);
  return new RecordBatch(schema, makeData({ type, length: rows.length, nullCount: 0, children }));
}

/** Texts get numbers of their own in a record batch: in the order in which they are first used. */
class ChosenTexts {
  readonly #heap: TextHeap;
  #chosen = new Int32Array(1 << 10);
  #count = 0;
  #bytes = 0;

  constructor(heap: TextHeap) {
    this.#heap = heap;
    if (codes.length < heap.size) codes = new Int32Array(heap.size + (heap.size >> 1));
    codes.fill(absent, 0, heap.size);
  }

  choose(id: number): number {
    const code = this.#count++;
    if (code === this.#chosen.length) {
      const larger = new Int32Array(code * 2);
      larger.set(this.#chosen);
      this.#chosen = larger;
    }
    this.#chosen[code] = id;
    codes[id] = code;
    this.#bytes += this.#heap.ends[id]! - this.#heap.starts[id]!;
    return code;
  }

  dictionary(): Vector<Utf8> {
    const { starts, ends, bytes } = this.#heap;
    const data = new Uint8Array(this.#bytes);
    const valueOffsets = new Int32Array(this.#count + 1);
    let at = 0;
    for (let code = 0; code < this.#count; code++) {
      const from = starts[this.#chosen[code]!]!;
      const to = ends[this.#chosen[code]!]!;
      if (to - from > 48) {
        data.set(bytes.subarray(from, to), at);
        at += to - from;
      } else for (let byte = from; byte < to; byte++) data[at++] = bytes[byte]!;
      valueOffsets[code + 1] = at;
    }
    return new Vector([makeData({ type: new Utf8(), length: this.#count, nullCount: 0, valueOffsets, data })]);
  }
}

/** By number of a text in the heap: its code, or −1. One for all batches, which are made one after the other. */
let codes = new Int32Array(1 << 12);

function column(field: Field, cells: Cells, rows: Int32Array, texts: ChosenTexts): Data {
  switch (cells.kind) {
    case 'text':
      return textColumn(field, cells.ids, rows, texts);
    case 'number':
      return numberColumn(field, cells.values, rows);
    case 'list':
      return listColumn(field, cells, rows, texts);
    case 'struct': {
      const type = field.type as Struct;
      const validity = validityOf(field, rows, (row) => cells.present[row] === 1);
      const children = type.children.map((child, at) => column(child, cells.children[at]!.cells, rows, texts));
      return makeData<Struct>({ type, length: rows.length, ...validity, children });
    }
  }
}

function textColumn(field: Field, ids: Int32Array, rows: Int32Array, texts: ChosenTexts): Data {
  const n = rows.length;
  const data = new Int32Array(n);
  let nullCount = 0;
  for (let i = 0; i < n; i++) {
    const id = ids[rows[i]!]!;
    if (id < 0) {
      nullCount++;
      continue;
    }
    const code = codes[id]!;
    data[i] = code < 0 ? texts.choose(id) : code;
  }
  const validity = nullCount === 0 ? { nullCount } : validityOf(field, rows, (row) => ids[row]! >= 0);
  return makeData({ type: field.type as Dictionary, length: n, ...validity, data, dictionary: placeholder } as never);
}

/** Stands in for the dictionary until all texts are known. */
const placeholder = new Vector([makeData({ type: new Utf8(), length: 0, nullCount: 0 })]);

function giveDictionary(data: Data, dictionary: Vector<Utf8>): void {
  if (DataType.isDictionary(data.type)) (data as { dictionary?: Vector }).dictionary = dictionary;
  for (const child of data.children) giveDictionary(child, dictionary);
}

function numberColumn(field: Field, values: Float64Array, rows: Int32Array): Data {
  const { type } = field;
  const length = rows.length;
  const validity = validityOf(field, rows, (row) => !Number.isNaN(values[row]!));
  if (DataType.isBool(type)) {
    return makeData<Bool>({ type, length, ...validity, data: bits(rows, (row) => values[row] === 1) });
  }
  if (DataType.isInt(type) && type.bitWidth === 32) {
    const data = new Int32Array(length);
    for (let i = 0; i < length; i++) data[i] = values[rows[i]!]!;
    return makeData<Int32>({ type: type as Int32, length, ...validity, data });
  }
  const data = new BigInt64Array(length);
  const halves = new Int32Array(data.buffer);
  for (let i = 0; i < length; i++) {
    const value = values[rows[i]!]!;
    const high = Math.floor(value / 4_294_967_296);
    halves[2 * i] = value - high * 4_294_967_296;
    halves[2 * i + 1] = high;
  }
  return makeData({ type: type as Int64 | Timestamp, length, ...validity, data } as never);
}

function listColumn(field: Field, cells: ListCells, rows: Int32Array, texts: ChosenTexts): Data {
  const { lists, starts, ends } = cells;
  const n = rows.length;
  const valueOffsets = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    const list = lists[rows[i]!]!;
    valueOffsets[i + 1] = valueOffsets[i]! + (list < 0 ? 0 : ends[list]! - starts[list]!);
  }
  const items = new Int32Array(valueOffsets[n]!);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const list = lists[rows[i]!]!;
    if (list < 0) continue;
    for (let item = starts[list]!; item < ends[list]!; item++) items[at++] = item;
  }
  const validity = validityOf(field, rows, (row) => lists[row]! >= 0);
  const child = itemColumn((field.type as List | Map_).children[0]!, cells, items, texts);
  return makeData({ type: field.type as List, length: n, ...validity, valueOffsets, child } as never);
}

function itemColumn(field: Field, cells: ListCells, items: Int32Array, texts: ChosenTexts): Data {
  if (!DataType.isStruct(field.type)) return column(field, cells.items[0]!.cells, items, texts);
  const children = field.type.children.map((child, at) => column(child, cells.items[at]!.cells, items, texts));
  return makeData<Struct>({ type: field.type, length: items.length, nullCount: 0, children });
}

interface Validity {
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array;
}

function validityOf(field: Field, rows: Int32Array, isThere: (row: number) => boolean): Validity {
  let nullCount = 0;
  for (let i = 0; i < rows.length; i++) if (!isThere(rows[i]!)) nullCount++;
  if (nullCount === 0) return { nullCount };
  if (!field.nullable) throw new Error(`the column ${field.name} has no value in ${nullCount} of ${rows.length} rows`);
  return { nullCount, nullBitmap: bits(rows, isThere) };
}

function bits(rows: Int32Array, isSet: (row: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(((rows.length + 63) >> 6) << 3);
  for (let i = 0; i < rows.length; i++) if (isSet(rows[i]!)) bytes[i >> 3]! |= 1 << (i & 7);
  return bytes;
}
