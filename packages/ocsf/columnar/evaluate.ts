import type { OcsfValue } from '../mapping/table.ts';
import { fill, type ListCells, type TextCells } from './cells.ts';
import { findDigests } from './digests.ts';
import type { Making, Where } from './making.ts';
import type { LeafPlan, Way } from './plan.ts';
import { addList } from './row-cells.ts';
import { absent } from './text-heap.ts';

/** Fills the cells of a computed column. Cells that stay null in all rows aren't touched. */
export function makeLeaf(leaf: LeafPlan, making: Making): void {
  const open: { readonly at: number; readonly where: Where | undefined }[] = [];
  for (const [at, { condition }] of leaf.ways.entries()) {
    const where = condition && making.where(condition);
    if (where?.length !== 0) open.push({ at, where: where?.length === making.picks.length ? undefined : where });
  }
  leaf.isWhole = false;
  leaf.way = open.length === 1 ? open[0]!.at : -1;
  if (open.length > 1) {
    if (leaf.taken.length < making.picks.length) leaf.taken = new Uint8Array(making.picks.length);
    leaf.taken.fill(notTaken, 0, making.picks.length);
  }
  for (const { at, where } of open) {
    const way = leaf.ways[at]!;
    const found = foundBy(leaf, way, making, needed(way, where, making));
    if (!found.some) continue;
    fill(leaf.cells);
    if (open.length > 1) writeUntaken(leaf, at, making, where);
    else if (where !== undefined) writeWhere(leaf, way, making, where);
    else {
      leaf.isWhole = found.every && way.alwaysCarries;
      writeAll(leaf, way, making);
    }
  }
}

const notTaken = 255;
const manyCodes = 2048;
const fewCodes = 64;

/** What each code of a key comes to, one place behind: place 0 is of the code −1. One of both, for the column at hand. */
let ids = new Int32Array(1 << 12);
let numbers = new Float64Array(1 << 12);

/** By code + 1: 0 where nobody asks what it comes to. Undefined where all are wanted. */
type Wanted = Uint8Array | undefined;

/** A condition that holds for few rows needs few of the values. */
function needed({ key }: Way, where: Where | undefined, making: Making): Wanted {
  const { codes, size } = making.key(key);
  if (where === undefined || size < fewCodes) return undefined;
  const wanted = new Uint8Array(size + 1);
  const { picks } = making;
  for (let k = 0; k < where.length; k++) wanted[codes[picks[where[k]!]!]! + 1] = 1;
  return wanted;
}

/** Whether some code, and every code but −1, comes to something. */
interface Found {
  readonly some: boolean;
  readonly every: boolean;
}

/** Fills `ids` or `numbers` for a way to a column. */
function foundBy({ cells }: LeafPlan, way: Way, making: Making, wanted: Wanted): Found {
  const { size } = making.key(way.key);
  if (cells.kind === 'number') {
    if (numbers.length <= size) numbers = new Float64Array(size * 2);
    return findNumbers(way, making, wanted);
  }
  if (ids.length <= size) ids = new Int32Array(size * 2);
  if (cells.kind === 'list' && way.digests !== undefined) {
    findDigests(cells, way.digests, making.key(way.key), making, ids, wanted);
    return judged(ids, size);
  }
  return findTexts(cells, way, making, wanted) ?? findIds(cells, way, making, wanted);
}

/** A text column without a check of its own has the field's own texts. */
function findTexts(cells: TextCells | ListCells, way: Way, { columns }: Making, wanted: Wanted): Found | undefined {
  if (way.field === undefined || !way.takesAnyText || cells.kind !== 'text') return undefined;
  const column = columns.fields.get(way.field);
  if (column === undefined) return undefined;
  ids[0] = absent;
  if (column.texts !== undefined) ids.set(column.texts.subarray(0, column.size), 1);
  else if (column.numbers !== undefined) {
    for (let entry = 0; entry < column.size; entry++) {
      ids[entry + 1] = wanted?.[entry + 1] === 0 ? absent : columns.heap.addInteger(column.numbers[entry]!);
    }
  } else return undefined;
  return { some: column.size > 0, every: true };
}

function judged(found: Int32Array, size: number): Found {
  let count = 0;
  for (let code = 0; code < size; code++) if (found[code + 1] !== absent) count++;
  return { some: count > 0, every: count === size };
}

function findIds(cells: TextCells | ListCells, way: Way, making: Making, wanted: Wanted): Found {
  const { size, activity } = making.key(way.key);
  const { facts, cuts, columns } = making;
  // Among many different values few texts are the same.
  const textId = size > manyCodes ? (text: string) => columns.heap.add(text) : (text: string) => making.textId(text);
  let count = 0;
  for (let code = -1; code < size; code++) {
    const value = wanted?.[code + 1] === 0 ? undefined : way.alternative.evaluate(activity(code), facts, cuts);
    if (value === undefined) {
      ids[code + 1] = absent;
      continue;
    }
    count++;
    if (cells.kind === 'text') ids[code + 1] = textId(value as string);
    else ids[code + 1] = addList(cells, value as readonly OcsfValue[], columns.heap);
  }
  return { some: count > 0, every: count >= size + (ids[0] === absent ? 0 : 1) };
}

function findNumbers(way: Way, making: Making, wanted: Wanted): Found {
  const asTheyAre = findNumbersAsTheyAre(way, making);
  if (asTheyAre !== undefined) return asTheyAre;
  const { size, activity } = making.key(way.key);
  let count = 0;
  for (let code = -1; code < size; code++) {
    const value =
      wanted?.[code + 1] === 0 ? undefined : way.alternative.evaluate(activity(code), making.facts, making.cuts);
    if (value !== undefined) count++;
    numbers[code + 1] = value === undefined ? Number.NaN : Number(value);
  }
  return { some: count > 0, every: count >= size + (Number.isNaN(numbers[0]!) ? 0 : 1) };
}

/** A column of whole numbers has the field's own, where they are in its range. */
function findNumbersAsTheyAre({ field, range }: Way, { columns }: Making): Found | undefined {
  const column = field === undefined || range === undefined ? undefined : columns.fields.get(field);
  if (column?.numbers === undefined) return undefined;
  const { min, max } = range!;
  const { size, numbers: own } = column;
  let count = 0;
  numbers[0] = Number.NaN;
  for (let entry = 0; entry < size; entry++) {
    const value = own[entry]!;
    const fits = value >= min && value <= max;
    numbers[entry + 1] = fits ? value : Number.NaN;
    if (fits) count++;
  }
  return { some: count > 0, every: count === size };
}

function writeAll({ cells }: LeafPlan, way: Way, making: Making): void {
  const { picks, places } = making;
  const { codes, size } = making.key(way.key);
  const n = picks.length;
  if (cells.kind === 'number') {
    const { values } = cells;
    if (size === 0) for (let i = 0; i < n; i++) values[places[i]!] = numbers[0]!;
    else for (let i = 0; i < n; i++) values[places[i]!] = numbers[codes[picks[i]!]! + 1]!;
    return;
  }
  const written = cells.kind === 'text' ? cells.ids : cells.lists;
  if (size === 0) for (let i = 0; i < n; i++) written[places[i]!] = ids[0]!;
  else for (let i = 0; i < n; i++) written[places[i]!] = ids[codes[picks[i]!]! + 1]!;
}

function writeWhere({ cells }: LeafPlan, way: Way, making: Making, where: Where): void {
  const { picks, places } = making;
  const { codes } = making.key(way.key);
  if (cells.kind === 'number') {
    const { values } = cells;
    for (let k = 0; k < where.length; k++) values[places[where[k]!]!] = numbers[codes[picks[where[k]!]!]! + 1]!;
    return;
  }
  const written = cells.kind === 'text' ? cells.ids : cells.lists;
  for (let k = 0; k < where.length; k++) written[places[where[k]!]!] = ids[codes[picks[where[k]!]!]! + 1]!;
}

/** Writes the rows whose value no way before gave. */
function writeUntaken({ cells, ways, taken }: LeafPlan, at: number, making: Making, where: Where | undefined): void {
  const { picks, places } = making;
  const { codes } = making.key(ways[at]!.key);
  const count = where?.length ?? picks.length;
  const written = cells.kind === 'number' ? undefined : cells.kind === 'text' ? cells.ids : cells.lists;
  for (let k = 0; k < count; k++) {
    const i = where === undefined ? k : where[k]!;
    if (taken[i] !== notTaken) continue;
    const found = codes[picks[i]!]! + 1;
    if (written !== undefined) {
      if (ids[found] === absent) continue;
      written[places[i]!] = ids[found]!;
    } else {
      if (Number.isNaN(numbers[found]!)) continue;
      (cells as { values: Float64Array }).values[places[i]!] = numbers[found]!;
    }
    taken[i] = at;
  }
}
