import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfValue } from '../mapping/table.ts';
import { Cuts } from '../unmapped.ts';
import type { ActivityColumns } from './activity-columns.ts';
import type { Cells, ListCells, NumberCells, TextCells } from './cells.ts';
import { type Key, type KeyFields, keyOf } from './keys.ts';
import type { LeafPlan, Way } from './plan.ts';
import { addList } from './row-cells.ts';
import { absent } from './text-heap.ts';

/** The activities that become rows: row `picks[i]` of `columns` becomes row `places[i]` of the OCSF columns. */
export class Making {
  readonly columns: ActivityColumns;
  readonly picks: Int32Array;
  readonly places: Int32Array;
  readonly facts: OcsfClassFacts;
  /** Nothing is ever cut here: activities that are large enough for that go through the row interpreter. */
  readonly cuts = new Cuts();
  readonly #keyFields: readonly KeyFields[];
  readonly #keys: (Key | undefined)[];
  readonly #texts = new Map<string, number>();

  constructor(
    columns: ActivityColumns,
    picks: Int32Array,
    places: Int32Array,
    plan: { readonly facts: OcsfClassFacts; readonly keys: readonly KeyFields[] },
  ) {
    this.columns = columns;
    this.picks = picks;
    this.places = places;
    this.facts = plan.facts;
    this.#keyFields = plan.keys;
    this.#keys = new Array(plan.keys.length);
  }

  key(place: number): Key {
    this.#keys[place] ??= keyOf(this.columns, this.#keyFields[place]!);
    return this.#keys[place];
  }

  /** The number of a text that was made, the same for equal texts. */
  textId(text: string): number {
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.columns.heap.add(text);
      this.#texts.set(text, id);
    }
    return id;
  }
}

/** Fills the cells of a computed column. */
export function makeLeaf(leaf: LeafPlan, making: Making): void {
  const { ways, cells } = leaf;
  const [only] = ways;
  if (ways.length === 1 && only!.condition === undefined) {
    write(cells, only!, making);
    return;
  }
  const n = making.picks.length;
  if (leaf.taken.length < n) leaf.taken = new Uint8Array(n);
  leaf.taken.fill(notTaken, 0, n);
  clear(cells, making.places);
  for (const [at, way] of ways.entries()) writeWhere(leaf, at, way, making);
}

const notTaken = 255;

function clear(cells: TextCells | NumberCells | ListCells, places: Int32Array): void {
  if (cells.kind === 'number') for (const place of places) cells.values[place] = Number.NaN;
  else {
    const ids = cells.kind === 'text' ? cells.ids : cells.lists;
    for (const place of places) ids[place] = absent;
  }
}

/** What each code of a key comes to, one place behind: place 0 is of the code −1. */
let ids = new Int32Array(1 << 12);
let numbers = new Float64Array(1 << 12);
let holding = new Uint8Array(1 << 12);

function write(cells: TextCells | NumberCells | ListCells, way: Way, making: Making): void {
  const { picks, places } = making;
  const n = picks.length;
  const { codes, size } = making.key(way.key);
  if (cells.kind === 'number') {
    const { values } = cells;
    const found = numbersOf(way, making);
    if (size === 0) for (let i = 0; i < n; i++) values[places[i]!] = found[0]!;
    else for (let i = 0; i < n; i++) values[places[i]!] = found[codes[picks[i]!]! + 1]!;
    return;
  }
  const written = cells.kind === 'text' ? cells.ids : cells.lists;
  const asItIs = cells.kind === 'text' ? textsAsTheyAre(way, cells, making) : undefined;
  if (asItIs !== undefined) {
    for (let i = 0; i < n; i++) {
      const code = codes[picks[i]!]!;
      written[places[i]!] = code < 0 ? absent : asItIs[code]!;
    }
    return;
  }
  const found = idsOf(cells, way, making);
  if (size === 0) for (let i = 0; i < n; i++) written[places[i]!] = found[0]!;
  else for (let i = 0; i < n; i++) written[places[i]!] = found[codes[picks[i]!]! + 1]!;
}

/** The same, for the rows whose value no way before gave and for which the condition holds. */
function writeWhere({ cells, taken }: LeafPlan, at: number, way: Way, making: Making): void {
  const { picks, places } = making;
  const { codes } = making.key(way.key);
  const condition = way.condition === undefined ? undefined : making.key(way.condition.key);
  if (condition !== undefined && !holdsSomewhere(way, condition)) return;
  const conditionCodes = condition?.codes;
  const n = picks.length;
  if (cells.kind === 'number') {
    const found = numbersOf(way, making);
    for (let i = 0; i < n; i++) {
      if (taken[i] !== notTaken) continue;
      if (conditionCodes !== undefined && holding[conditionCodes[picks[i]!]! + 1] === 0) continue;
      const value = found[codes[picks[i]!]! + 1]!;
      if (Number.isNaN(value)) continue;
      cells.values[places[i]!] = value;
      taken[i] = at;
    }
    return;
  }
  const written = cells.kind === 'text' ? cells.ids : cells.lists;
  const found = idsOf(cells, way, making);
  for (let i = 0; i < n; i++) {
    if (taken[i] !== notTaken) continue;
    if (conditionCodes !== undefined && holding[conditionCodes[picks[i]!]! + 1] === 0) continue;
    const id = found[codes[picks[i]!]! + 1]!;
    if (id === absent) continue;
    written[places[i]!] = id;
    taken[i] = at;
  }
}

function holdsSomewhere({ condition }: Way, { size, activity }: Key): boolean {
  if (holding.length <= size) holding = new Uint8Array(size * 2);
  let some = false;
  for (let code = -1; code < size; code++) {
    const holds = condition!.holds(activity(code));
    holding[code + 1] = holds ? 1 : 0;
    some ||= holds;
  }
  return some;
}

/** A text column without a check of its own has the field's own texts. */
function textsAsTheyAre(way: Way, cells: Cells, { columns }: Making): Int32Array | undefined {
  if (way.field === undefined || !way.takesAnyText || cells.kind !== 'text') return undefined;
  return columns.fields.get(way.field)?.texts;
}

/** By code + 1: the number of the text or list, or −1. */
function idsOf(cells: TextCells | ListCells, way: Way, making: Making): Int32Array {
  const { size, activity } = making.key(way.key);
  if (ids.length <= size) ids = new Int32Array(size * 2);
  const asItIs = textsAsTheyAre(way, cells, making);
  if (asItIs !== undefined) {
    ids[0] = absent;
    ids.set(asItIs.subarray(0, size), 1);
    return ids;
  }
  const { facts, cuts, columns } = making;
  for (let code = -1; code < size; code++) {
    const value = way.alternative.evaluate(activity(code), facts, cuts);
    if (value === undefined) ids[code + 1] = absent;
    else if (cells.kind === 'text') ids[code + 1] = making.textId(value as string);
    else ids[code + 1] = addList(cells, value as readonly OcsfValue[], columns.heap);
  }
  return ids;
}

/** By code + 1: the number, or NaN. */
function numbersOf(way: Way, making: Making): Float64Array {
  const { size, activity } = making.key(way.key);
  if (numbers.length <= size) numbers = new Float64Array(size * 2);
  for (let code = -1; code < size; code++) {
    const value = way.alternative.evaluate(activity(code), making.facts, making.cuts);
    numbers[code + 1] = value === undefined ? Number.NaN : Number(value);
  }
  return numbers;
}
