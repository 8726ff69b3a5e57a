import type { ColumnNode } from '../column-tree.ts';
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

/** One attribute of the items of lists; the name is empty where the items have no attributes. */
export interface ItemCells {
  readonly name: string;
  readonly cells: TextCells | NumberCells;
}

/** A column of objects: by row, 1 where it is present. Its children are null where it isn't. */
export interface StructCells extends Filling {
  readonly kind: 'struct';
  present: Uint8Array;
  readonly children: readonly { readonly name: string; readonly cells: Cells }[];
}

export type Cells = TextCells | NumberCells | ListCells | StructCells;

const empty: Filling = { filled: false, rows: 0 };

/** Cells for a column and all that is below it, without room for any row yet. */
export function cellsOf(node: ColumnNode): Cells {
  if (node.list)
    return listCells(node.children?.map((child) => ({ name: child.name, cells: scalarCells(child.type) })));
  if (node.children === undefined) return scalarCells(node.type);
  const children = node.children.map((child) => ({ name: child.name, cells: cellsOf(child) }));
  return { kind: 'struct', ...empty, present: new Uint8Array(0), children };
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
  if (cells.kind === 'list') {
    cells.count = 0;
    cells.itemCount = 0;
  } else if (cells.kind === 'struct') for (const { cells: own } of cells.children) begin(own, rows);
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
    case 'struct':
      if (cells.present.length < rows) cells.present = new Uint8Array(rows);
      cells.present.fill(0, 0, rows);
  }
}

/** Makes room for `items` more items, and answers where the first of them goes. Each attribute of each must be written. */
export function reserveItems(list: ListCells, items: number): number {
  const needed = list.itemCount + items;
  for (const { cells } of list.items) {
    cells.filled = true;
    if (cells.kind === 'text') {
      if (cells.ids.length < needed) cells.ids = grown(cells.ids, needed);
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
    case 'struct':
      return cells.present[row] === 1;
  }
}
