import type { Data } from 'apache-arrow';

/**
 * Which rows to take, in order: row `row[i]` of source `source[i]`, or a null where `row[i]` is -1. `run` says that they
 * are neighbours in one source, so that whole ranges can be copied.
 */
export interface Picks {
  readonly source: Uint32Array;
  readonly row: Int32Array;
  readonly run: boolean;
}

/** Bytes that a gather may still allocate for strings and lists; below zero it gives up. */
export interface Allowance {
  bytes: number;
}

/** The chosen rows hold more bytes than allowed: gather fewer at a time. */
export class TooLarge extends Error {}

/** Which of the chosen rows are null, as Arrow keeps it; no bitmap where none is. */
export interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | null;
}

/** Which of the chosen rows are null in their source, or not taken from any. */
export function validityOf(sources: readonly Data[], { source, row, run }: Picks): Validity {
  const bitmaps = sources.map((data) => (data.nullCount > 0 ? data.nullBitmap : null));
  const n = row.length;
  if (run && (n === 0 || bitmaps[source[0]!] === null)) return { nullCount: 0, nullBitmap: null };
  const bits = new Uint8Array(bitmapBytes(n));
  let valid = 0;
  for (let i = 0; i < n; i++) {
    const r = row[i]!;
    if (r < 0) continue;
    const bitmap = bitmaps[source[i]!]!;
    if (bitmap !== null && ((bitmap[r >> 3]! >> (r & 7)) & 1) === 0) continue;
    bits[i >> 3]! |= 1 << (i & 7);
    valid++;
  }
  return valid === n ? { nullCount: 0, nullBitmap: null } : { nullCount: n - valid, nullBitmap: bits };
}

/** Offsets of the chosen strings or lists, packed; those of nulls are empty. Throws `TooLarge` beyond the allowance. */
export function offsetsOf(
  starts: readonly Int32Array[],
  picks: Picks,
  validity: Validity,
  allowance: Allowance,
): Int32Array {
  const { source, row } = picks;
  const bitmap = validity.nullBitmap;
  const offsets = new Int32Array(row.length + 1);
  let end = 0;
  for (let i = 0; i < row.length; i++) {
    if (bitmap === null || (bitmap[i >> 3]! >> (i & 7)) & 1) {
      const from = starts[source[i]!]!;
      end += from[row[i]! + 1]! - from[row[i]!]!;
      if (end > allowance.bytes) throw new TooLarge();
    }
    offsets[i + 1] = end;
  }
  allowance.bytes -= end;
  return offsets;
}

/** The picks of what lies below a struct: nothing where the struct is null, whatever its source holds there. */
export function masked({ source, row }: Picks, bitmap: Uint8Array): Picks {
  const below = new Int32Array(row.length);
  for (let i = 0; i < row.length; i++) below[i] = (bitmap[i >> 3]! >> (i & 7)) & 1 ? row[i]! : -1;
  return { source, row: below, run: false };
}

/** The picks, with whether they are a run. */
export function asPicks(source: Uint32Array, row: Int32Array): Picks {
  let i = 1;
  while (i < row.length && row[i] === row[i - 1]! + 1 && source[i] === source[0]) i++;
  return { source, row, run: i >= row.length && (row.length === 0 || row[0]! >= 0) };
}

/** Bytes of a bitmap, padded to words of 8 bytes as Arrow advises. */
export function bitmapBytes(bits: number): number {
  return ((bits + 63) >> 6) << 3;
}
