import { addObjects, type Cells, fill, isPresent, type ListCells, type SharedCells, type TextCells } from './cells.ts';
import { makeLeaf } from './evaluate.ts';
import { shareAlike } from './groups.ts';
import type { Making } from './making.ts';
import { cellsOfNode, type LeafPlan, type NodePlan, type ObjectPlan, type SharedPlan } from './plan.ts';
import { absent } from './text-heap.ts';

/**
 * Fills a column and all below it. An object is present where OCSF's required attributes of it are there and at least
 * one field of the agent is in it, by the same rule as in the row interpreter; where it isn't, all below it is null.
 */
export function makeNode(node: NodePlan, making: Making): void {
  if (node.kind === 'leaf') makeLeaf(node, making);
  else if (node.shared === undefined) makeObject(node, making);
  else makeShared(node, node.shared, making);
}

/** The object is made once for all activities that are alike in what it looks at. */
function makeShared(object: ObjectPlan, shared: SharedPlan, making: Making): void {
  shared.made = undefined;
  if (!mayBePresent(object, making)) {
    forget(object);
    return;
  }
  const made = shareAlike(making, shared.looks, (count) => addObjects(shared.cells, count));
  shared.made = made;
  makeObject(object, made.making);
  fill(shared.cells);
  const { codes } = made;
  const { objects } = shared.cells;
  const { places } = making;
  const { present } = object.cells;
  const own = made.making.places;
  for (let i = 0; i < places.length; i++) {
    const at = own[codes[i]!]!;
    objects[places[i]!] = present[at] === 1 ? at : absent;
  }
}

/** Without any field that it carries an object can only be constant, which most may not be. */
function mayBePresent({ node, fields }: ObjectPlan, { columns }: Making): boolean {
  return node.requirement === 'required' || fields.some((name) => columns.fields.has(name));
}

function makeObject(object: ObjectPlan, making: Making): void {
  const n = making.picks.length;
  const mayBeConstant = object.node.requirement === 'required';
  object.carrying = 0;
  if (!mayBePresent(object, making)) {
    forget(object);
    return;
  }
  if (object.carries.length < n) {
    object.carries = new Uint8Array(n);
    object.rest = new Int32Array(n);
  }
  const { cells, carries, rest } = object;
  carries.fill(0, 0, n);
  for (let i = 0; i < n; i++) rest[i] = i;
  const carriesMatter = !(mayBeConstant && object.isRoot);
  for (const child of object.children) {
    makeNode(child, making);
    if (carriesMatter && object.carrying < n) noteCarries(child, making, object);
  }
  const { places } = making;
  fill(cells);
  const { present } = cells;
  if (mayBeConstant || object.carrying === n) for (let i = 0; i < n; i++) present[places[i]!] = 1;
  else for (let i = 0; i < n; i++) present[places[i]!] = carries[i]!;
  for (const child of object.required) keepWhere(present, cellsOfNode(child), places);
  if (object.oneOf !== undefined) keepWhereOne(object, object.oneOf, places);
  clearAbsent(object, places);
}

/** Makes null what is below the object in the rows in which it isn't present. */
function clearAbsent(object: ObjectPlan, places: Int32Array): void {
  const { carries, rest } = object;
  const { present } = object.cells;
  let absent = 0;
  for (let i = 0; i < places.length; i++) {
    if (present[places[i]!] === 1) continue;
    rest[absent++] = places[i]!;
    object.carrying -= carries[i]!;
    carries[i] = 0;
  }
  if (absent === 0) return;
  const rows = rest.subarray(0, absent);
  for (const child of object.children) {
    clear(cellsOfNode(child), rows);
    forgetWhole(child);
  }
}

/** Nothing below carries anything: it wasn't made. */
function forget(node: NodePlan): void {
  if (node.kind === 'object') {
    node.carrying = 0;
    for (const child of node.children) forget(child);
  } else {
    node.isWhole = false;
    node.way = none;
  }
}

/** No way was open. */
const none = -2;

function forgetWhole(node: NodePlan): void {
  if (node.kind === 'leaf') {
    node.isWhole = false;
    return;
  }
  if (node.shared?.made !== undefined) node.shared.made.isWhole = false;
  for (const child of node.children) forgetWhole(child);
}

/** Notes the rows in which the child holds something that the agent said. Looks only at those that aren't noted yet. */
function noteCarries(child: NodePlan, making: Making, object: ObjectPlan): void {
  if (child.kind === 'object') {
    if (child.carrying > 0) noteObject(child.carries, child.shared?.made?.codes, object, making);
    return;
  }
  if (!child.cells.filled) return;
  for (const [at, way] of child.ways.entries()) {
    if (way.carries.length === 0 || (child.way !== at && child.way !== -1)) continue;
    if (way.alwaysCarries && child.way === at && child.cells.kind !== 'number') noteTexts(child.cells, object, making);
    else noteWay(child, at, way.alwaysCarries ? undefined : codesOf(way.carries, making), object, making);
  }
}

/** `codes` says which of the child's objects a row has, where rows share them. */
function noteObject(own: Uint8Array, codes: Int32Array | undefined, object: ObjectPlan, { picks }: Making): void {
  const { carries, rest } = object;
  const open = picks.length - object.carrying;
  let left = 0;
  for (let k = 0; k < open; k++) {
    const i = rest[k]!;
    if (own[codes === undefined ? i : codes[i]!] === 1) carries[i] = 1;
    else rest[left++] = i;
  }
  object.carrying = picks.length - left;
}

/** By far the most columns: texts and lists with one way, all of which is carried. */
function noteTexts(cells: TextCells | ListCells, object: ObjectPlan, { picks, places }: Making): void {
  const { carries, rest } = object;
  const ids = cells.kind === 'text' ? cells.ids : cells.lists;
  const open = picks.length - object.carrying;
  let left = 0;
  for (let k = 0; k < open; k++) {
    const i = rest[k]!;
    if (ids[places[i]!]! >= 0) carries[i] = 1;
    else rest[left++] = i;
  }
  object.carrying = picks.length - left;
}

function noteWay(
  { cells, way, taken }: LeafPlan,
  at: number,
  codes: readonly Int32Array[] | undefined,
  object: ObjectPlan,
  { picks, places }: Making,
): void {
  if (codes?.length === 0) return;
  const { carries, rest } = object;
  const open = picks.length - object.carrying;
  let left = 0;
  for (let k = 0; k < open; k++) {
    const i = rest[k]!;
    const isTaken = (way !== -1 || taken[i] === at) && isPresent(cells, places[i]!);
    if (isTaken && (codes === undefined || somePresent(codes, picks[i]!))) carries[i] = 1;
    else rest[left++] = i;
  }
  object.carrying = picks.length - left;
}

function somePresent(codes: readonly Int32Array[], pick: number): boolean {
  for (let at = 0; at < codes.length; at++) if (codes[at]![pick]! >= 0) return true;
  return false;
}

function codesOf(names: LeafPlan['ways'][number]['carries'], { columns }: Making): Int32Array[] {
  return names.map((name) => columns.fields.get(name)?.codes).filter((codes) => codes !== undefined);
}

function keepWhere(present: Uint8Array, cells: Cells, places: Int32Array): void {
  if (!cells.filled) for (let i = 0; i < places.length; i++) present[places[i]!] = 0;
  else if (cells.kind === 'number') {
    const { values } = cells;
    for (let i = 0; i < places.length; i++) if (Number.isNaN(values[places[i]!]!)) present[places[i]!] = 0;
  } else if (cells.kind === 'struct') {
    const own = cells.present;
    for (let i = 0; i < places.length; i++) present[places[i]!]! &= own[places[i]!]!;
  } else {
    const ids = numbersOf(cells);
    for (let i = 0; i < places.length; i++) if (ids[places[i]!]! < 0) present[places[i]!] = 0;
  }
}

function keepWhereOne({ cells, rest }: ObjectPlan, children: readonly NodePlan[], places: Int32Array): void {
  let left = places.length;
  rest.set(places);
  for (const own of children.map(cellsOfNode)) {
    if (left === 0) return;
    let still = 0;
    for (let k = 0; k < left; k++) if (!isPresent(own, rest[k]!)) rest[still++] = rest[k]!;
    left = still;
  }
  for (let k = 0; k < left; k++) cells.present[rest[k]!] = 0;
}

function clear(cells: Cells, rows: Int32Array): void {
  if (!cells.filled) return;
  if (cells.kind === 'number') {
    const { values } = cells;
    for (let i = 0; i < rows.length; i++) values[rows[i]!] = Number.NaN;
  } else if (cells.kind === 'struct') {
    const { present } = cells;
    for (let i = 0; i < rows.length; i++) present[rows[i]!] = 0;
    for (const { cells: own } of cells.children) clear(own, rows);
  } else {
    const ids = numbersOf(cells);
    for (let i = 0; i < rows.length; i++) ids[rows[i]!] = -1;
  }
}

/** By row, the number of what is there, or −1. */
function numbersOf(cells: TextCells | ListCells | SharedCells): Int32Array {
  if (cells.kind === 'text') return cells.ids;
  return cells.kind === 'list' ? cells.lists : cells.objects;
}
