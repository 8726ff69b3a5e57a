import { type Data, type DataType, makeData } from 'apache-arrow';
import { type Allowance, bitmapBytes, offsetsOf, type Picks, validityOf } from './picks.ts';

/** Integers, floats and timestamps: copied as words of their width, 64 bits as two halves (no BigInt is made). */
export function gatherFixed(type: DataType, sources: readonly Data[], picks: Picks): Data {
  const { source, row, run } = picks;
  const n = row.length;
  const Values = sources[0]!.values.constructor as new (buffer: ArrayBuffer) => Int32Array;
  const width = (sources[0]!.values as Int32Array).BYTES_PER_ELEMENT;
  const out = new ArrayBuffer(n * width);
  const words = sources.map((data) => wordsOf(data.values as Int32Array));
  const to = wordsOf(new Uint8Array(out), width);
  if (run && n > 0) {
    const stride = width === 8 ? 2 : 1;
    to.set(words[source[0]!]!.subarray(row[0]! * stride, (row[0]! + n) * stride));
  } else if (width === 8) {
    for (let i = 0; i < n; i++) {
      const r = row[i]!;
      if (r < 0) continue;
      const from = words[source[i]!]!;
      to[2 * i] = from[2 * r]!;
      to[2 * i + 1] = from[2 * r + 1]!;
    }
  } else {
    for (let i = 0; i < n; i++) if (row[i]! >= 0) to[i] = words[source[i]!]![row[i]!]!;
  }
  return makeData({ type, length: n, ...validityOf(sources, picks), data: new Values(out) } as never);
}

function wordsOf(view: ArrayBufferView, width = (view as Uint8Array).BYTES_PER_ELEMENT) {
  const { buffer, byteOffset, byteLength } = view;
  if (width === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (width === 2) return new Uint16Array(buffer, byteOffset, byteLength >> 1);
  return new Uint32Array(buffer, byteOffset, byteLength >> 2);
}

/** Booleans, bit by bit. */
export function gatherBits(type: DataType, sources: readonly Data[], picks: Picks): Data {
  const { source, row } = picks;
  const from = sources.map((data) => data.values as Uint8Array);
  const bits = new Uint8Array(bitmapBytes(row.length));
  for (let i = 0; i < row.length; i++) {
    const r = row[i]!;
    if (r >= 0 && (from[source[i]!]![r >> 3]! >> (r & 7)) & 1) bits[i >> 3]! |= 1 << (i & 7);
  }
  return makeData({ type, length: row.length, ...validityOf(sources, picks), data: bits } as never);
}

/** Strings and byte strings, packed one after the other. */
export function gatherBytes(type: DataType, sources: readonly Data[], picks: Picks, allowance: Allowance): Data {
  const { source, row, run } = picks;
  const n = row.length;
  const validity = validityOf(sources, picks);
  const starts = sources.map((data) => data.valueOffsets as Int32Array);
  const from = sources.map((data) => data.values as Uint8Array);
  const valueOffsets = offsetsOf(starts, picks, validity, allowance);
  const values = new Uint8Array(valueOffsets[n]!);
  if (run && n > 0 && validity.nullCount === 0) {
    const start = starts[source[0]!]![row[0]!]!;
    values.set(from[source[0]!]!.subarray(start, start + values.length));
  } else {
    copyEach(starts, from, picks, valueOffsets, values);
  }
  return makeData({ type, length: n, ...validity, valueOffsets, data: values } as never);
}

/** From this length on, a call that copies is quicker than words one by one. */
const longCopyBytes = 192;

function copyEach(
  starts: readonly Int32Array[],
  from: readonly Uint8Array[],
  { source, row }: Picks,
  offsets: Int32Array,
  values: Uint8Array,
): void {
  const views = from.map(({ buffer, byteOffset, byteLength }) => new DataView(buffer, byteOffset, byteLength));
  const out = new DataView(values.buffer);
  for (let i = 0; i < row.length; i++) {
    let to = offsets[i]!;
    const end = offsets[i + 1]!;
    if (end === to) continue;
    let at = starts[source[i]!]![row[i]!]!;
    if (end - to >= longCopyBytes) {
      values.set(from[source[i]!]!.subarray(at, at + end - to), to);
      continue;
    }
    const view = views[source[i]!]!;
    for (; to + 8 <= end; to += 8, at += 8) out.setBigInt64(to, view.getBigInt64(at, true), true);
    if (to + 4 <= end) {
      out.setInt32(to, view.getInt32(at, true), true);
      to += 4;
      at += 4;
    }
    for (; to < end; to++, at++) out.setUint8(to, view.getUint8(at));
  }
}
