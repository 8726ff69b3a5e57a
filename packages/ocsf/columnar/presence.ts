import type { Cells } from './cells.ts';
import { isPresent, setNull } from './cells.ts';
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
  if (object.carries.length < n) object.carries = new Uint8Array(n);
  const { carries } = object;
  carries.fill(0, 0, n);
  for (const child of object.children) {
    makeNode(child, making);
    noteCarries(child, making, carries);
  }
  const { present } = object.cells;
  const { places } = making;
  const mayBeConstant = object.node.requirement === 'required';
  for (let i = 0; i < n; i++) present[places[i]!] = mayBeConstant ? 1 : carries[i]!;
  for (const child of object.required) keepWhere(present, child.cells, places);
  if (object.oneOf !== undefined) keepWhereOne(present, object.oneOf, places);
  let absent = 0;
  for (let i = 0; i < n; i++) {
    if (present[places[i]!] === 1) continue;
    carries[i] = 0;
    absent++;
  }
  if (absent > 0) for (const child of object.children) clearWhere(present, child.cells, places);
}

/** Sets 1 in `carries` where the child holds something that the agent said. */
function noteCarries(child: NodePlan, making: Making, carries: Uint8Array): void {
  const n = making.picks.length;
  if (child.kind === 'object') {
    const own = child.carries;
    for (let i = 0; i < n; i++) carries[i]! |= own[i]!;
    return;
  }
  for (const [at, way] of child.ways.entries()) {
    if (way.carries.length === 0) continue;
    const codes = way.alwaysCarries ? undefined : codesOf(way.carries, making);
    if (codes?.length === 0) continue;
    noteWay(child, at, making, carries, codes);
  }
}

function noteWay(
  { cells, ways, taken }: LeafPlan,
  at: number,
  { picks, places }: Making,
  carries: Uint8Array,
  codes: readonly Int32Array[] | undefined,
): void {
  const several = ways.length > 1 || ways[0]!.condition !== undefined;
  for (let i = 0; i < picks.length; i++) {
    if (carries[i] === 1 || (several && taken[i] !== at) || !isPresent(cells, places[i]!)) continue;
    if (codes === undefined || codes.some((own) => own[picks[i]!]! >= 0)) carries[i] = 1;
  }
}

function codesOf(names: LeafPlan['ways'][number]['carries'], { columns }: Making): Int32Array[] {
  return names.map((name) => columns.fields.get(name)?.codes).filter((codes) => codes !== undefined);
}

function keepWhere(present: Uint8Array, cells: Cells, places: Int32Array): void {
  switch (cells.kind) {
    case 'text':
    case 'list': {
      const ids = cells.kind === 'text' ? cells.ids : cells.lists;
      for (const place of places) if (ids[place]! < 0) present[place] = 0;
      return;
    }
    case 'number':
      for (const place of places) if (Number.isNaN(cells.values[place]!)) present[place] = 0;
      return;
    case 'struct':
      for (const place of places) present[place]! &= cells.present[place]!;
  }
}

function keepWhereOne(present: Uint8Array, children: readonly NodePlan[], places: Int32Array): void {
  for (const place of places) {
    if (present[place] === 1 && !children.some(({ cells }) => isPresent(cells, place))) present[place] = 0;
  }
}

function clearWhere(present: Uint8Array, cells: Cells, places: Int32Array): void {
  switch (cells.kind) {
    case 'text':
    case 'list': {
      const ids = cells.kind === 'text' ? cells.ids : cells.lists;
      for (const place of places) if (present[place] === 0) ids[place] = -1;
      return;
    }
    case 'number':
      for (const place of places) if (present[place] === 0) cells.values[place] = Number.NaN;
      return;
    case 'struct':
      for (const place of places) if (present[place] === 0) setNull(cells, place);
  }
}
