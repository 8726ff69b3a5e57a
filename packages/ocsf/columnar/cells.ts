import { type ColumnNode, isShared } from '../column-tree.ts';
import { absent } from './text-heap.ts';

/** What all cells have. */
interface Filling {
  /** False while every row is null: what the arrays hold then is undefined. */
  filled: boolean;
  /** How many rows there is room for. */
  rows: number;
}

/** A column of texts: by row, the number of its text in the batch's heap, or −1 for null. */
export interface TextCells extends Filling {
  readonly kind: 'text';
  ids: Int32Array;
}

/** A column of numbers, times (ms) or booleans (1 and 0): by row, NaN for null. */
export interface NumberCells extends Filling {
  readonly kind: 'number';
  values: Float64Array;
}

/**
 * A column of lists: by row, the number of its list, or −1 for null. Several rows may have the same list. List `l` has the
 * items `[starts[l], ends[l])` of `items`: one column, or one for each attribute of the items.
 */
export interface ListCells extends Filling {
  readonly kind: 'list';
  lists: Int32Array;
  starts: Int32Array;
  ends: Int32Array;
  count: number;
  itemCount: number;
  readonly items: readonly ItemCells[];
}

/** One attribute of the items of lists; the name is empty where an item is one cell. */
export interface ItemCells {
  readonly name: string;
  readonly cells: TextCells | NumberCells | SharedCells;
}

/** A column of objects: by row, 1 where it is present. Its children are null where it isn't. */
export interface StructCells extends Filling {
  readonly kind: 'struct';
  present: Uint8Array;
  readonly children: readonly { readonly name: string; readonly cells: Cells }[];
}

/**
 * A column of objects that many rows have alike: by row, the number of its object, or −1 for null. Object `o` is row `o` of
 * `object`; there are `count` of them.
 */
export interface SharedCells extends Filling {
  readonly kind: 'shared';
  objects: Int32Array;
  count: number;
  readonly object: StructCells;
}

export type Cells = TextCells | NumberCells | ListCells | StructCells | SharedCells;

const empty: Filling = { filled: false, rows: 0 };

/** Cells for a column and all that is below it, without room for any row yet. */
export function cellsOf(node: ColumnNode): Cells {
  if (node.list) {
    const attributes = node.children?.map((child) => ({ name: child.name, cells: scalarCells(child.type) }));
    if (attributes === undefined || !isShared(node)) return listCells(attributes);
    return listCells([{ name: '', cells: sharedCells(structCells(attributes)) }]);
  }
  if (node.children === undefined) return scalarCells(node.type);
  const object = structCells(node.children.map((child) => ({ name: child.name, cells: cellsOf(child) })));
  return isShared(node) ? sharedCells(object) : object;
}

/** Cells for objects, without room for any row yet. */
export function structCells(children: StructCells['children']): StructCells {
  return { kind: 'struct', ...empty, present: new Uint8Array(0), children };
}

/** Cells for rows that share such objects. */
export function sharedCells(object: StructCells): SharedCells {
  return { kind: 'shared', ...empty, objects: new Int32Array(0), count: 0, object };
}

/** Cells for lists of texts, or of objects with these attributes. */
export function listCells(items: readonly ItemCells[] = [{ name: '', cells: textCells() }]): ListCells {
  const none = () => new Int32Array(0);
  return { kind: 'list', ...empty, lists: none(), starts: none(), ends: none(), count: 0, itemCount: 0, items };
}

/** Cells for texts, without room for any row yet. */
export function textCells(): TextCells {
  return { kind: 'text', ...empty, ids: new Int32Array(0) };
}

/** Cells for numbers, without room for any row yet. */
export function numberCells(): NumberCells {
  return { kind: 'number', ...empty, values: new Float64Array(0) };
}

const numeric = new Set(['integer_t', 'port_t', 'long_t', 'timestamp_t', 'datetime_t', 'boolean_t']);

function scalarCells(type: string): TextCells | NumberCells {
  return numeric.has(type) ? numberCells() : textCells();
}

/** Makes room for `rows` rows, all null, and forgets all lists. */
export function begin(cells: Cells, rows: number): void {
  cells.filled = false;
  cells.rows = rows;
  switch (cells.kind) {
    case 'list':
      cells.count = 0;
      cells.itemCount = 0;
      for (const { cells: own } of cells.items) if (own.kind === 'shared') begin(own, own.object.rows);
      return;
    case 'shared':
      cells.count = 0;
      begin(cells.object, rows);
      return;
    case 'struct':
      for (const { cells: own } of cells.children) begin(own, rows);
  }
}

/** Makes the arrays say what is so: all rows are null. Only then rows may be written to. */
export function fill(cells: Cells): void {
  if (cells.filled) return;
  cells.filled = true;
  const { rows } = cells;
  switch (cells.kind) {
    case 'text':
      if (cells.ids.length < rows) cells.ids = new Int32Array(rows);
      cells.ids.fill(absent, 0, rows);
      return;
    case 'number':
      if (cells.values.length < rows) cells.values = new Float64Array(rows);
      cells.values.fill(Number.NaN, 0, rows);
      return;
    case 'list':
      if (cells.lists.length < rows) cells.lists = new Int32Array(rows);
      cells.lists.fill(absent, 0, rows);
      return;
    case 'shared':
      if (cells.objects.length < rows) cells.objects = new Int32Array(rows);
      cells.objects.fill(absent, 0, rows);
      return;
    case 'struct':
      if (cells.present.length < rows) cells.present = new Uint8Array(rows);
      cells.present.fill(0, 0, rows);
  }
}

/** Makes room for `count` more objects, all absent, and answers the number of the first of them. */
export function addObjects(cells: SharedCells, count: number): number {
  const first = cells.count;
  cells.count = first + count;
  if (cells.count > cells.object.rows) extend(cells.object, roomFor(cells.count, cells.object.rows));
  return first;
}

/** Makes room for more rows; those that are there stay. */
function extend(cells: Cells, rows: number): void {
  const before = cells.rows;
  cells.rows = rows;
  if (cells.kind === 'struct') for (const { cells: own } of cells.children) extend(own, rows);
  if (!cells.filled) return;
  switch (cells.kind) {
    case 'text':
      cells.ids = extended(cells.ids, before, new Int32Array(rows), absent);
      return;
    case 'number':
      cells.values = extended(cells.values, before, new Float64Array(rows), Number.NaN);
      return;
    case 'list':
      cells.lists = extended(cells.lists, before, new Int32Array(rows), absent);
      return;
    case 'shared':
      cells.objects = extended(cells.objects, before, new Int32Array(rows), absent);
      return;
    case 'struct':
      cells.present = extended(cells.present, before, new Uint8Array(rows), 0);
  }
}

function extended<Numbers extends Int32Array | Float64Array | Uint8Array>(
  own: Numbers,
  before: number,
  larger: Numbers,
  empty: number,
): Numbers {
  larger.set(own.subarray(0, before));
  larger.fill(empty, before);
  return larger;
}

/** Makes room for `items` more items, and answers where the first of them goes. Each attribute of each must be written. */
export function reserveItems(list: ListCells, items: number): number {
  const needed = list.itemCount + items;
  for (const { cells } of list.items) {
    cells.filled = true;
    if (cells.kind === 'text') {
      if (cells.ids.length < needed) cells.ids = grown(cells.ids, needed);
    } else if (cells.kind === 'shared') {
      if (cells.objects.length < needed) cells.objects = grown(cells.objects, needed);
    } else if (cells.values.length < needed) {
      const values = new Float64Array(roomFor(needed, cells.values.length));
      values.set(cells.values);
      cells.values = values;
    }
  }
  return list.itemCount;
}

/** Makes a list of the items from `list.itemCount` to `end`, which have been filled in, and answers its number. */
export function closeList(list: ListCells, end: number): number {
  const number = list.count++;
  if (number === list.starts.length) {
    list.starts = grown(list.starts, number + 1);
    list.ends = grown(list.ends, number + 1);
  }
  list.starts[number] = list.itemCount;
  list.ends[number] = end;
  list.itemCount = end;
  return number;
}

/** The same for all columns of items, so that they are all full at once. */
function roomFor(needed: number, length: number): number {
  return Math.max(needed, length * 2, 64);
}

function grown(numbers: Int32Array, needed: number): Int32Array {
  const larger = new Int32Array(roomFor(needed, numbers.length));
  larger.set(numbers);
  return larger;
}

/** Makes a row null, with all that is below it. */
export function setNull(cells: Cells, row: number): void {
  if (!cells.filled) return;
  switch (cells.kind) {
    case 'text':
      cells.ids[row] = absent;
      return;
    case 'number':
      cells.values[row] = Number.NaN;
      return;
    case 'list':
      cells.lists[row] = absent;
      return;
    case 'shared':
      cells.objects[row] = absent;
      return;
    case 'struct':
      cells.present[row] = 0;
      for (const { cells: own } of cells.children) setNull(own, row);
  }
}

/** True where the row has a value. */
export function isPresent(cells: Cells, row: number): boolean {
  if (!cells.filled) return false;
  switch (cells.kind) {
    case 'text':
      return cells.ids[row]! !== absent;
    case 'number':
      return !Number.isNaN(cells.values[row]!);
    case 'list':
      return cells.lists[row]! !== absent;
    case 'shared':
      return cells.objects[row]! !== absent;
    case 'struct':
      return cells.present[row] === 1;
  }
}
