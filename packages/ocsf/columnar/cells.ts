import type { ColumnNode } from '../column-tree.ts';
import { absent } from './text-heap.ts';

/** A column of texts: by row, the number of its text in the batch's heap, or −1 for null. */
export interface TextCells {
  readonly kind: 'text';
  ids: Int32Array;
}

/** A column of numbers, times (ms) or booleans (1 and 0): by row, NaN for null. */
export interface NumberCells {
  readonly kind: 'number';
  values: Float64Array;
}

/**
 * A column of lists: by row, the number of its list, or −1 for null. Several rows may have the same list. List `l` has the
 * items `[starts[l], ends[l])` of `items`: one column, or one for each attribute of the items.
 */
export interface ListCells {
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
export interface StructCells {
  readonly kind: 'struct';
  present: Uint8Array;
  readonly children: readonly { readonly name: string; readonly cells: Cells }[];
}

export type Cells = TextCells | NumberCells | ListCells | StructCells;

/** Cells for a column and all that is below it, without room for any row yet. */
export function cellsOf(node: ColumnNode): Cells {
  if (node.list)
    return listCells(node.children?.map((child) => ({ name: child.name, cells: scalarCells(child.type) })));
  if (node.children === undefined) return scalarCells(node.type);
  const children = node.children.map((child) => ({ name: child.name, cells: cellsOf(child) }));
  return { kind: 'struct', present: new Uint8Array(0), children };
}

/** Cells for lists of texts, or of objects with these attributes. */
export function listCells(items: readonly ItemCells[] = [{ name: '', cells: textCells() }]): ListCells {
  const none = () => new Int32Array(0);
  return { kind: 'list', lists: none(), starts: none(), ends: none(), count: 0, itemCount: 0, items };
}

export function textCells(): TextCells {
  return { kind: 'text', ids: new Int32Array(0) };
}

export function numberCells(): NumberCells {
  return { kind: 'number', values: new Float64Array(0) };
}

const numeric = new Set(['integer_t', 'port_t', 'long_t', 'timestamp_t', 'datetime_t', 'boolean_t']);

function scalarCells(type: string): TextCells | NumberCells {
  return numeric.has(type) ? numberCells() : textCells();
}

/** Makes room for `rows` rows and forgets all lists. What the rows held before is undefined. */
export function begin(cells: Cells, rows: number): void {
  switch (cells.kind) {
    case 'text':
      if (cells.ids.length < rows) cells.ids = new Int32Array(rows);
      return;
    case 'number':
      if (cells.values.length < rows) cells.values = new Float64Array(rows);
      return;
    case 'list':
      if (cells.lists.length < rows) cells.lists = new Int32Array(rows);
      cells.count = 0;
      cells.itemCount = 0;
      return;
    case 'struct':
      if (cells.present.length < rows) cells.present = new Uint8Array(rows);
      for (const { cells: own } of cells.children) begin(own, rows);
  }
}

/** Makes room for `items` more items, and answers where the first of them goes. */
export function reserveItems(list: ListCells, items: number): number {
  const needed = list.itemCount + items;
  for (const { cells } of list.items) {
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
