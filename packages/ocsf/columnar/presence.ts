import { type Cells, fill, isPresent, setNull } from './cells.ts';
import { type Making, makeLeaf } from './evaluate.ts';
import type { LeafPlan, NodePlan, ObjectPlan } from './plan.ts';

/**
 * Fills a column and all below it. An object is present where OCSF's required attributes of it are there and at least
 * one field of the agent is in it, by the same rule as in the row interpreter; where it isn't, all below it is null.
 */
export function makeNode(node: NodePlan, making: Making): void {
  if (node.kind === 'leaf') makeLeaf(node, making);
  else makeObject(node, making);
}

function makeObject(object: ObjectPlan, making: Making): void {
  const n = making.picks.length;
  const mayBeConstant = object.node.requirement === 'required';
  object.carrying = 0;
  if (!mayBeConstant && !object.fields.some((name) => making.columns.fields.has(name))) {
    forget(object);
    return;
  }
  if (object.carries.length < n) object.carries = new Uint8Array(n);
  object.carries.fill(0, 0, n);
  for (const child of object.children) {
    makeNode(child, making);
    if (object.carrying < n) noteCarries(child, making, object);
  }
  const { cells, carries } = object;
  const { places } = making;
  fill(cells);
  const { present } = cells;
  if (mayBeConstant || object.carrying === n) for (let i = 0; i < n; i++) present[places[i]!] = 1;
  else for (let i = 0; i < n; i++) present[places[i]!] = carries[i]!;
  for (const child of object.required) keepWhere(present, child.cells, places);
  if (object.oneOf !== undefined) keepWhereOne(present, object.oneOf, places);
  clearAbsent(object, places);
}

/** Makes null what is below the object in the rows in which it isn't present. */
function clearAbsent(object: ObjectPlan, places: Int32Array): void {
  const { present } = object.cells;
  let absent = 0;
  for (let i = 0; i < places.length; i++) {
    if (present[places[i]!] === 1) continue;
    absent++;
    object.carrying -= object.carries[i]!;
    object.carries[i] = 0;
  }
  if (absent === 0) return;
  for (const child of object.children) {
    clearWhere(present, child.cells, places);
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
  if (node.kind === 'leaf') node.isWhole = false;
  else for (const child of node.children) forgetWhole(child);
}

/** Notes the rows in which the child holds something that the agent said. */
function noteCarries(child: NodePlan, making: Making, object: ObjectPlan): void {
  if (child.kind === 'object') {
    if (child.carrying === 0) return;
    const { carries } = object;
    for (let i = 0; i < making.picks.length; i++) {
      if (carries[i] === 1 || child.carries[i] === 0) continue;
      carries[i] = 1;
      object.carrying++;
    }
    return;
  }
  if (!child.cells.filled) return;
  for (const [at, way] of child.ways.entries()) {
    if (way.carries.length === 0 || (child.way !== at && child.way !== -1)) continue;
    const codes = way.alwaysCarries ? undefined : codesOf(way.carries, making);
    if (codes?.length === 0) continue;
    noteWay(child, at, making, object, codes);
  }
}

function noteWay(
  { cells, way, taken }: LeafPlan,
  at: number,
  { picks, places }: Making,
  object: ObjectPlan,
  codes: readonly Int32Array[] | undefined,
): void {
  const { carries } = object;
  for (let i = 0; i < picks.length; i++) {
    if (carries[i] === 1 || (way === -1 && taken[i] !== at) || !isPresent(cells, places[i]!)) continue;
    if (codes !== undefined && !codes.some((own) => own[picks[i]!]! >= 0)) continue;
    carries[i] = 1;
    object.carrying++;
  }
}

function codesOf(names: LeafPlan['ways'][number]['carries'], { columns }: Making): Int32Array[] {
  return names.map((name) => columns.fields.get(name)?.codes).filter((codes) => codes !== undefined);
}

function keepWhere(present: Uint8Array, cells: Cells, places: Int32Array): void {
  if (!cells.filled) for (const place of places) present[place] = 0;
  else if (cells.kind === 'number') {
    for (const place of places) if (Number.isNaN(cells.values[place]!)) present[place] = 0;
  } else if (cells.kind === 'struct') for (const place of places) present[place]! &= cells.present[place]!;
  else {
    const ids = cells.kind === 'text' ? cells.ids : cells.lists;
    for (const place of places) if (ids[place]! < 0) present[place] = 0;
  }
}

function keepWhereOne(present: Uint8Array, children: readonly NodePlan[], places: Int32Array): void {
  for (const place of places) {
    if (present[place] === 0) continue;
    let some = false;
    for (let at = 0; at < children.length && !some; at++) some = isPresent(children[at]!.cells, place);
    if (!some) present[place] = 0;
  }
}

function clearWhere(present: Uint8Array, cells: Cells, places: Int32Array): void {
  if (!cells.filled) return;
  if (cells.kind === 'number') {
    for (const place of places) if (present[place] === 0) cells.values[place] = Number.NaN;
  } else if (cells.kind === 'struct') {
    for (const place of places) if (present[place] === 0) setNull(cells, place);
  } else {
    const ids = cells.kind === 'text' ? cells.ids : cells.lists;
    for (const place of places) if (present[place] === 0) ids[place] = -1;
  }
}
