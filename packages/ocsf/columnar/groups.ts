import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, FieldColumn } from './activity-columns.ts';
import type { KeyFields } from './keys.ts';
import type { Making } from './making.ts';
import type { SharedMaking } from './plan.ts';
import { absent } from './text-heap.ts';

/** Fewer rows aren't worth a look. */
const rowsMin = 64;

/**
 * Puts those activities together that are alike in all that `looks` at, and hands out one for each: as rows `first`, `first`
 * + 1 … of the columns. Where hardly any are alike, each stays for itself. `reserve` answers `first` for so many.
 */
export function shareAlike(making: Making, looks: KeyFields, reserve: (count: number) => number): SharedMaking {
  const { columns, picks } = making;
  const n = picks.length;
  const groups = n < rowsMin ? undefined : groupsOf(columns, picks, looks);
  if (groups === undefined) {
    const places = countFrom(reserve(n), n);
    return { making: making.elsewhere(places), codes: countFrom(0, n), isWhole: true };
  }
  const { codes, count } = groups;
  const firsts = new Int32Array(count);
  for (let i = n - 1; i >= 0; i--) firsts[codes[i]!] = picks[i]!;
  const others = making.others(chosen(columns, firsts, looks), countFrom(0, count), countFrom(reserve(count), count));
  return { making: others, codes, isWhole: true };
}

function countFrom(first: number, count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = first + i;
  return numbers;
}

/** Those rows of the columns, with the same entries. */
function chosen(columns: ActivityColumns, rows: Int32Array, { uses, presenceOf }: KeyFields): ActivityColumns {
  const fields = new Map<AgentFieldName, FieldColumn>();
  for (const name of [...uses, ...presenceOf]) {
    const column = columns.fields.get(name);
    if (column === undefined) continue;
    const { codes } = column;
    fields.set(name, { ...column, codes: rows.map((row) => codes[row]!) });
  }
  return { rows: rows.length, fields, extras: [], heap: columns.heap };
}

/** Picks with one code are alike. */
interface Groups {
  readonly codes: Int32Array;
  readonly count: number;
}

interface Part {
  readonly codes: Int32Array;
  readonly size: number;
  /** Only whether there is something counts. */
  readonly isPresence: boolean;
}

/** Undefined where less than half of the picks would be spared. */
function groupsOf(columns: ActivityColumns, picks: Int32Array, { uses, presenceOf }: KeyFields): Groups | undefined {
  const partsOf = (names: readonly AgentFieldName[], isPresence: boolean) =>
    names.flatMap((name): Part[] => {
      const column = columns.fields.get(name);
      return column === undefined ? [] : [{ codes: column.codes, size: isPresence ? 1 : column.size, isPresence }];
    });
  const most = picks.length >> 1;
  // Most fields follow from the one with the most values: then there is nothing to be told apart any more.
  const parts = [...partsOf(uses, false), ...partsOf(presenceOf, true)].sort((one, other) => other.size - one.size);
  const codes = new Int32Array(picks.length);
  let count = 1;
  for (const part of parts) {
    const values = part.isPresence ? presenceCodes(part.codes) : part.codes;
    if (count > 1 || part !== parts[0]) {
      const at = firstUnlike(codes, count, values, picks);
      if (at === picks.length) continue;
    }
    count = tellApart(codes, count, values, part.size, picks);
    if (count > most) return undefined;
  }
  return { codes, count };
}

function presenceCodes(codes: Int32Array): Int32Array {
  return codes.map((code) => code >> 31);
}

const unseen = -2;

/** The first pick whose value is not that of others with the same code; as many as there are picks where there is none. */
function firstUnlike(codes: Int32Array, count: number, values: Int32Array, picks: Int32Array): number {
  const seen = new Int32Array(count).fill(unseen);
  for (let i = 0; i < picks.length; i++) {
    const value = values[picks[i]!]!;
    const before = seen[codes[i]!]!;
    if (before === value) continue;
    if (before !== unseen) return i;
    seen[codes[i]!] = value;
  }
  return picks.length;
}

/** Up to so many pairs are numbered in a table of all of them. */
const directMax = 1 << 18;
const direct = new Int32Array(directMax);

/** Gives picks with one code and different values different codes, from 0 on; answers how many there are then. */
function tellApart(codes: Int32Array, count: number, values: Int32Array, size: number, picks: Int32Array): number {
  const width = size + 1;
  const pairs = count * width;
  if (pairs > directMax) return tellApartByMap(codes, values, width, picks);
  direct.fill(0, 0, pairs);
  let found = 0;
  for (let i = 0; i < picks.length; i++) {
    const pair = codes[i]! * width + values[picks[i]!]! - absent;
    let code = direct[pair]!;
    if (code === 0) direct[pair] = code = ++found;
    codes[i] = code - 1;
  }
  return found;
}

function tellApartByMap(codes: Int32Array, values: Int32Array, width: number, picks: Int32Array): number {
  const found = new Map<number, number>();
  for (let i = 0; i < picks.length; i++) {
    const pair = codes[i]! * width + values[picks[i]!]! - absent;
    let code = found.get(pair);
    if (code === undefined) {
      code = found.size;
      found.set(pair, code);
    }
    codes[i] = code;
  }
  return found.size;
}
