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
import type { Cells, ListCells, NumberCells, SharedCells, StructCells, TextCells } from './cells.ts';
import { bytesOf, Nulls, type Validity } from './nulls.ts';
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

/** Texts get codes of their own in a record batch: in the order in which they are first used. */
class ChosenTexts {
  /** By number of a text + 1: its code, or −1. Place 0, of no text, stays −1. One for all batches, which are made one after the other. */
  readonly codes: Int32Array;
  readonly #heap: TextHeap;
  #chosen = new Int32Array(1 << 10);
  #count = 0;
  #bytes = 0;

  constructor(heap: TextHeap) {
    this.#heap = heap;
    if (scratch.length <= heap.size) scratch = new Int32Array(heap.size + (heap.size >> 1) + 1);
    this.codes = scratch;
    this.codes.fill(absent, 0, heap.size + 1);
  }

  choose(id: number): number {
    const code = this.#count++;
    if (code === this.#chosen.length) {
      const larger = new Int32Array(code * 2);
      larger.set(this.#chosen);
      this.#chosen = larger;
    }
    this.#chosen[code] = id;
    this.codes[id + 1] = code;
    this.#bytes += this.#heap.ends[id]! - this.#heap.starts[id]!;
    return code;
  }

  dictionary(): Vector<Utf8> {
    const { starts, ends, bytes, view } = this.#heap;
    // Short texts are copied in steps of 8 bytes, beyond their ends: the next one overwrites that.
    const data = new Uint8Array(this.#bytes + 8);
    const target = new DataView(data.buffer);
    const valueOffsets = new Int32Array(this.#count + 1);
    let at = 0;
    for (let code = 0; code < this.#count; code++) {
      const id = this.#chosen[code]!;
      let from = starts[id]!;
      const to = ends[id]!;
      const end = at + to - from;
      if (to - from > 256) data.set(bytes.subarray(from, to), at);
      else {
        for (; at < end; at += 8, from += 8) target.setBigInt64(at, view.getBigInt64(from, true), true);
      }
      at = end;
      valueOffsets[code + 1] = end;
    }
    const values = data.subarray(0, this.#bytes);
    return new Vector([makeData({ type: new Utf8(), length: this.#count, nullCount: 0, valueOffsets, data: values })]);
  }
}

let scratch = new Int32Array(1 << 12);

function column(field: Field, cells: Cells, rows: Int32Array, texts: ChosenTexts): Data {
  switch (cells.kind) {
    case 'text':
      return textColumn(field, cells, rows, texts);
    case 'number':
      return numberColumn(field, cells, rows);
    case 'list':
      return listColumn(field, cells, rows, texts);
    case 'shared':
      return sharedColumn(field, cells, rows, texts);
    case 'struct': {
      const nulls = new Nulls(field, cells, rows.length);
      const { present } = cells;
      if (cells.filled) for (let i = 0; i < rows.length; i++) if (present[rows[i]!] === 0) nulls.add(i);
      return structColumn(field.type as Struct, cells, rows, nulls.validity(), texts);
    }
  }
}

function structColumn(
  type: Struct,
  cells: StructCells,
  rows: Int32Array,
  validity: Validity,
  texts: ChosenTexts,
): Data<Struct> {
  const children = type.children.map((child, at) => column(child, cells.children[at]!.cells, rows, texts));
  return makeData<Struct>({ type, length: rows.length, ...validity, children });
}

/** The objects of these rows get codes in the order in which they are first used, as texts do. */
function sharedColumn(field: Field, cells: SharedCells, rows: Int32Array, texts: ChosenTexts): Data {
  const n = rows.length;
  const data = new Int32Array(n);
  const nulls = new Nulls(field, cells, n);
  const chosen = new Int32Array(Math.min(n, cells.count));
  let count = 0;
  if (cells.filled) {
    const { objects } = cells;
    const codes = new Int32Array(cells.count).fill(absent);
    for (let i = 0; i < n; i++) {
      const object = objects[rows[i]!]!;
      if (object === absent) {
        nulls.add(i);
        continue;
      }
      let code = codes[object]!;
      if (code === absent) {
        code = count++;
        codes[object] = code;
        chosen[code] = object;
      }
      data[i] = code;
    }
  }
  const type = field.type as Dictionary;
  const own = structColumn(type.dictionary as Struct, cells.object, chosen.subarray(0, count), { nullCount: 0 }, texts);
  const dictionary = new Vector([own]);
  return makeData({ type, length: n, ...nulls.validity(), data, dictionary } as never);
}

function textColumn(field: Field, cells: TextCells, rows: Int32Array, texts: ChosenTexts): Data {
  const n = rows.length;
  const data = new Int32Array(n);
  const nulls = new Nulls(field, cells, n);
  if (cells.filled) {
    const { ids } = cells;
    const { codes } = texts;
    for (let i = 0; i < n; i++) {
      const id = ids[rows[i]!]!;
      const code = codes[id + 1]!;
      if (code >= 0) data[i] = code;
      else if (id >= 0) data[i] = texts.choose(id);
      else nulls.add(i);
    }
  }
  const type = field.type as Dictionary;
  return makeData({ type, length: n, ...nulls.validity(), data, dictionary: placeholder } as never);
}

/** Stands in for the dictionary until all texts are known. */
const placeholder = new Vector([makeData({ type: new Utf8(), length: 0, nullCount: 0 })]);

function giveDictionary(data: Data, dictionary: Vector<Utf8>): void {
  if (DataType.isDictionary(data.type)) {
    if (DataType.isUtf8(data.type.dictionary)) (data as { dictionary?: Vector }).dictionary = dictionary;
    else giveDictionary(data.dictionary!.data[0]!, dictionary);
  }
  for (const child of data.children) giveDictionary(child, dictionary);
}

function numberColumn(field: Field, cells: NumberCells, rows: Int32Array): Data {
  const { type } = field;
  const length = rows.length;
  const nulls = new Nulls(field, cells, length);
  if (DataType.isBool(type)) {
    const data = new Uint8Array(bytesOf(length));
    if (cells.filled) writeBits(cells.values, rows, data, nulls);
    return makeData<Bool>({ type, length, ...nulls.validity(), data });
  }
  if (DataType.isInt(type) && type.bitWidth === 32) {
    const data = new Int32Array(length);
    if (cells.filled) writeInts(cells.values, rows, data, nulls);
    return makeData<Int32>({ type: type as Int32, length, ...nulls.validity(), data });
  }
  const data = new BigInt64Array(length);
  if (cells.filled) writeLongs(cells.values, rows, new Int32Array(data.buffer), nulls);
  return makeData({ type: type as Int64 | Timestamp, length, ...nulls.validity(), data } as never);
}

function writeBits(values: Float64Array, rows: Int32Array, data: Uint8Array, nulls: Nulls): void {
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (Number.isNaN(value)) nulls.add(i);
    else if (value === 1) data[i >> 3]! |= 1 << (i & 7);
  }
}

function writeInts(values: Float64Array, rows: Int32Array, data: Int32Array, nulls: Nulls): void {
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (Number.isNaN(value)) nulls.add(i);
    else data[i] = value;
  }
}

/** Whole numbers as 64 bits, in two halves: a BigInt for each would be garbage. */
function writeLongs(values: Float64Array, rows: Int32Array, halves: Int32Array, nulls: Nulls): void {
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]!;
    if (Number.isNaN(value)) {
      nulls.add(i);
      continue;
    }
    const high = Math.floor(value / 4_294_967_296);
    halves[2 * i] = value - high * 4_294_967_296;
    halves[2 * i + 1] = high;
  }
}

function listColumn(field: Field, cells: ListCells, rows: Int32Array, texts: ChosenTexts): Data {
  const { lists, starts, ends } = cells;
  const n = cells.filled ? rows.length : 0;
  const valueOffsets = new Int32Array(rows.length + 1);
  const nulls = new Nulls(field, cells, rows.length);
  for (let i = 0; i < n; i++) {
    const list = lists[rows[i]!]!;
    if (list < 0) nulls.add(i);
    valueOffsets[i + 1] = valueOffsets[i]! + (list < 0 ? 0 : ends[list]! - starts[list]!);
  }
  const items = new Int32Array(valueOffsets[n]!);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const list = lists[rows[i]!]!;
    if (list < 0) continue;
    for (let item = starts[list]!; item < ends[list]!; item++) items[at++] = item;
  }
  const child = itemColumn((field.type as List | Map_).children[0]!, cells, items, texts);
  const type = field.type as List;
  return makeData({ type, length: rows.length, ...nulls.validity(), valueOffsets, child } as never);
}

function itemColumn(field: Field, cells: ListCells, items: Int32Array, texts: ChosenTexts): Data {
  if (!DataType.isStruct(field.type)) return column(field, cells.items[0]!.cells, items, texts);
  const children = field.type.children.map((child, at) => column(child, cells.items[at]!.cells, items, texts));
  return makeData<Struct>({ type: field.type, length: items.length, nullCount: 0, children });
}
