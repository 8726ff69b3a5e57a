import { skipValue } from './avro-skip.ts';
import type { AvroType } from './avro-type.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import type { ByteRuns } from './byte-runs.ts';
import type { LongDictionary } from './long-dictionary.ts';

/** A field of the writer's as the generated function reads it. */
export interface FieldInput {
  /** Its type, without null. */
  readonly type: AvroType;
  /** The bytes that say null and not null, when it is a union of null and one type. */
  readonly tags: { readonly none: number; readonly some: number } | undefined;
  /** Of its numbers, when it is an int or a long; otherwise of its bytes, without the length of a string. */
  readonly dictionary: ByteDictionary | LongDictionary;
  /** By row: the entry, or −1. As the batch begins, all are −1. */
  codes: Int32Array;
}

/** Consecutive fields [from, to) that are read together where the same bytes come again. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly runs: ByteRuns;
}

/** Where the records of a batch lie. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  /** First byte of each record, and `gap` bytes behind its last the first byte of the next one: of one more than there are. */
  readonly begins: Int32Array;
  readonly gap: number;
}

/**
 * Reads records [from, to) into the fields' codes, from `firstRow` on, one row after the other; a record that it can't read
 * is handed to `unreadable`, with the row that the next one will overwrite. `records` gets the number of each row's record.
 * Answers the next row.
 */
export type ReadRecords = (
  input: RecordBytes,
  from: number,
  to: number,
  firstRow: number,
  records: Int32Array,
  unreadable: (record: number, row: number) => void,
) => number;

/**
 * A function that reads the fields in the writer's order. It may look at 16 bytes a field behind a broken record's end.
 * It is generated because a loop over a table of fields takes several times as long.
 */
export function readFunction(fields: readonly FieldInput[], runs: readonly Run[]): ReadRecords {
  const source = `
    ${fields.map((_, i) => `const F${i} = fields[${i}], D${i} = F${i}.dictionary, T${i} = F${i}.type;`).join('\n')}
    ${runs.map((_, i) => `const R${i} = runs[${i}].runs;`).join('\n')}
    return function readRecords({ bytes, begins, gap }, from, to, firstRow, records, unreadable) {
      let row = firstRow;
      ${fields.map((_, i) => `const C${i} = F${i}.codes;`).join('\n')}
      ${runs.map((_, i) => `const L${i} = R${i}.firstRow;`).join('\n')}
      let n = 0, q = 0, low = 0, high = 0;
      for (let i = from; i < to; i++) {
        let p = begins[i];
        const end = begins[i + 1] - gap;
        record: {
          ${partsCode(fields, runs)}
          if (p !== end) break record;
          records[row++] = i;
          continue;
        }
        unreadable(i, row);
      }
      return row;
    };`;
  return new Function('fields', 'runs', 'skip', `'use strict';${source}`)(fields, runs, skipValue) as ReadRecords;
}

function partsCode(fields: readonly FieldInput[], runs: readonly Run[]): string {
  const parts: string[] = [];
  let at = 0;
  const single = (to: number) => {
    for (; at < to; at++) parts.push(fieldCode(fields[at]!, at));
  };
  for (const [number, { from, to }] of runs.entries()) {
    single(from);
    parts.push(`
      q = R${number}.find(p, end);
      if (q >= 0) { L${number}[row] = q; p += R${number}.length; }
      else {
        const from${number} = p;`);
    single(to);
    parts.push(`
        R${number}.keep(from${number}, p, row);
      }`);
  }
  single(fields.length);
  return parts.join('\n');
}

function fieldCode({ type, tags }: FieldInput, i: number): string {
  const value = valueCode(type, i);
  if (tags === undefined) return value;
  return `if (bytes[p] === ${tags.some}) { p++; ${value} } else if (bytes[p++] !== ${tags.none}) break record;`;
}

function valueCode(type: AvroType, i: number): string {
  switch (type.kind) {
    case 'null':
      return '';
    case 'string':
      return textCode(i);
    case 'boolean':
      return `C${i}[row] = D${i}.add(p++, 1);`;
    case 'int':
      return varintCode(i, 5);
    case 'long':
      return varintCode(i, 10);
    case 'array':
      return `if (bytes[p] === 0) p++; else { ${skipCode(i)} }`;
    default:
      return skipCode(i);
  }
}

/** Empty text is absent. */
const textCode = (i: number) => `
  n = bytes[p++];
  if (n > 127) {
    n = (n & 127) | (bytes[p] << 7);
    if (bytes[p++] > 127) {
      n = (n & 16383) | (bytes[p] << 14);
      if (bytes[p++] > 127) break record;
    }
  }
  if ((n & 1) !== 0) break record;
  n >>= 1;
  if (n > end - p) break record;
  if (n !== 0) { C${i}[row] = D${i}.add(p, n); p += n; }`;

/** Small numbers are many, and quickly found. */
const varintCode = (i: number, lengthMax: number) => `
  n = bytes[p++];
  if (n < 128) C${i}[row] = (D${i}.ofByte[n] || D${i}.addByte(n) + 1) - 1;
  else {
    low = n & 127;
    high = 0;
    ${laterBytesCode(1, lengthMax)}
    C${i}[row] = D${i}.add(low, high);
  }`;

/** The bytes of a varint from number `at` on: seven bits each, into two words. */
function laterBytesCode(at: number, lengthMax: number): string {
  if (at === lengthMax) return 'break record;';
  const shift = at * 7;
  const bits = at === 9 ? 'if (n > 1) break record; high |= n << 31;' : wordsCode(shift);
  return `n = bytes[p++]; ${bits} if (n > 127) { ${laterBytesCode(at + 1, lengthMax)} }`;
}

function wordsCode(shift: number): string {
  if (shift === 28) return 'low |= (n & 127) << 28; high = (n & 127) >>> 4;';
  return shift < 28 ? `low |= (n & 127) << ${shift};` : `high |= (n & 127) << ${shift - 32};`;
}

const skipCode = (i: number) => `
  q = skip(T${i}, bytes, p, end);
  if (q < 0) break record;
  C${i}[row] = D${i}.add(p, q - p);
  p = q;`;
