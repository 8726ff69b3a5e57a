import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, FieldColumn } from './activity-columns.ts';

/** What something looks at: the values of some fields, and of others only whether they are there. */
export interface KeyFields {
  readonly uses: readonly AgentFieldName[];
  readonly presenceOf: readonly AgentFieldName[];
}

/**
 * The rows of a batch by what they have in some fields: rows with one code have equal values there, as far as these were
 * given one entry. The code −1 means that a row has none of the fields.
 */
export interface Key {
  readonly codes: Int32Array;
  /** Codes are below. */
  readonly size: number;
  /** The fields' values behind a code, as an activity. Always the same object: it is for one look. */
  readonly activity: (code: number) => Activity;
  /** The entry of a field behind a code, or −1. */
  readonly entry: (code: number, name: AgentFieldName) => number;
}

/** An activity that says nothing. */
export const nothing: Activity = Object.freeze({ unmapped: Object.freeze({}) });

/** Gives each row of `columns` its code. Pure arithmetic on the codes of the fields: values aren't looked at. */
export function keyOf(columns: ActivityColumns, { uses, presenceOf }: KeyFields): Key {
  const parts: Part[] = [];
  for (const name of uses) {
    const column = columns.fields.get(name);
    if (column !== undefined) parts.push({ name, column, codes: column.codes, size: column.size });
  }
  for (const name of presenceOf) {
    const column = columns.fields.get(name);
    if (column !== undefined && !uses.includes(name)) {
      parts.push({ name, column, codes: presenceCodes(column.codes, columns.rows), size: 1 });
    }
  }
  if (parts.length === 0) return { codes: noCodes(columns.rows), size: 0, activity: () => nothing, entry: () => -1 };
  if (parts.length === 1 && parts[0]!.codes === parts[0]!.column.codes) return singleKey(parts[0]!);
  return tupleKey(parts, columns.rows);
}

interface Part {
  readonly name: AgentFieldName;
  readonly column: FieldColumn;
  readonly codes: Int32Array;
  readonly size: number;
}

/** By far the most keys have one field: its entries are the codes. */
function singleKey({ name, column }: Part): Key {
  const view: Record<string, unknown> = { [name]: undefined, unmapped: nothing.unmapped };
  return {
    codes: column.codes,
    size: column.size,
    activity: (code) => {
      if (code < 0) return nothing;
      view[name] = column.value(code);
      return view as unknown as Activity;
    },
    entry: (code, wanted) => (wanted === name ? code : -1),
  };
}

function tupleKey(parts: readonly Part[], rows: number): Key {
  const [first, ...others] = parts;
  let codes = first!.codes;
  let size = first!.size;
  for (const part of others) ({ codes, size } = combined(codes, size, part.codes, part.size, rows));
  const representatives = new Int32Array(size);
  for (let row = rows - 1; row >= 0; row--) if (codes[row]! >= 0) representatives[codes[row]!] = row;
  const view: Record<string, unknown> = { unmapped: nothing.unmapped };
  for (const { name } of parts) view[name] = undefined;
  return {
    codes,
    size,
    activity: (code) => {
      if (code < 0) return nothing;
      const row = representatives[code]!;
      for (let at = 0; at < parts.length; at++) {
        const { name, column } = parts[at]!;
        const entry = column.codes[row]!;
        view[name] = entry < 0 ? undefined : column.value(entry);
      }
      return view as unknown as Activity;
    },
    entry: (code, wanted) => {
      const part = code < 0 ? undefined : parts.find(({ name }) => name === wanted);
      return part === undefined ? -1 : part.column.codes[representatives[code]!]!;
    },
  };
}

function presenceCodes(codes: Int32Array, rows: number): Int32Array {
  const presence = new Int32Array(rows);
  for (let row = 0; row < rows; row++) presence[row] = codes[row]! >> 31;
  return presence;
}

let none = new Int32Array(0);

/** Of rows that have nothing; one array for all, which nobody writes to. */
function noCodes(rows: number): Int32Array {
  if (none.length < rows) none = new Int32Array(rows).fill(-1);
  return none;
}

/** Up to so many pairs of codes are looked up in a table of all of them; more in a hash table. */
const directMax = 1 << 18;
const direct = new Int32Array(directMax);

/** One code for each pair of codes that occurs; −1 for the pair of two −1. */
function combined(
  left: Int32Array,
  leftSize: number,
  right: Int32Array,
  rightSize: number,
  rows: number,
): { codes: Int32Array; size: number } {
  const codes = new Int32Array(rows);
  const width = rightSize + 1;
  const pairs = (leftSize + 1) * width;
  let size = 0;
  if (pairs <= directMax) {
    direct.fill(0, 0, pairs);
    direct[0] = -1;
    for (let row = 0; row < rows; row++) {
      const at = (left[row]! + 1) * width + right[row]! + 1;
      let code = direct[at]!;
      if (code === 0) direct[at] = code = ++size;
      codes[row] = code < 0 ? -1 : code - 1;
    }
    return { codes, size };
  }
  const table = new PairTable(rows);
  for (let row = 0; row < rows; row++) {
    const a = left[row]!;
    const b = right[row]!;
    codes[row] = a < 0 && b < 0 ? -1 : table.codeOf(a, b);
  }
  return { codes, size: table.size };
}

/** Codes of pairs, by open addressing: at most half full. */
class PairTable {
  size = 0;
  readonly #mask: number;
  readonly #slots: Int32Array;

  constructor(pairsMax: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, pairsMax * 2)));
    this.#mask = slots - 1;
    this.#slots = new Int32Array(slots * 3);
  }

  codeOf(a: number, b: number): number {
    let slot = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    for (;;) {
      const at = slot * 3;
      const code = this.#slots[at]!;
      if (code === 0) {
        this.#slots[at] = ++this.size;
        this.#slots[at + 1] = a;
        this.#slots[at + 2] = b;
        return this.size - 1;
      }
      if (this.#slots[at + 1] === a && this.#slots[at + 2] === b) return code - 1;
      slot = (slot + 1) & this.#mask;
    }
  }
}
