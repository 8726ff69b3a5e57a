import type { TextHeap, TextId } from './text-heap.ts';

const base = 1e8;

/**
 * Adds the decimal digits of a 64-bit number that Avro wrote as these two words: without a bigint, because it is done for
 * every event.
 */
export function addLongDigits(heap: TextHeap, lowWord: number, highWord: number): TextId {
  const room = heap.reserve(24);
  const { bytes } = heap;
  const isNegative = (lowWord & 1) === 1;
  // Zigzag: the other bits are the number, or for a negative one its distance from −1.
  let low = ((lowWord >>> 1) | (highWord << 31)) >>> 0;
  let high = highWord >>> 1;
  if (isNegative && ++low === 2 ** 32) {
    low = 0;
    high++;
  }
  if (isNegative) bytes[room] = 45;
  return heap.added(room, writeDigits(bytes, isNegative ? room + 1 : room, high, low) - room);
}

/** Writes `high` · 2^32 + `low`, at most 2^63, by division in steps that a double holds exactly; answers where it ends. */
function writeDigits(bytes: Uint8Array, at: number, high: number, low: number): number {
  const first = Math.floor(high / base);
  const middle = (high - first * base) * 65536 + (low >>> 16);
  const second = Math.floor(middle / base);
  const rest = (middle - second * base) * 65536 + (low & 65535);
  const third = Math.floor(rest / base);
  const units = rest - third * base;
  const above = first * 2 ** 32 + second * 65536 + third;
  if (above === 0) return writeNumber(bytes, at, units, digitsOf(units));
  const top = Math.floor(above / base);
  const next = above - top * base;
  const p = top === 0 ? at : writeNumber(bytes, at, top, digitsOf(top));
  return writeNumber(bytes, writeNumber(bytes, p, next, top === 0 ? digitsOf(next) : 8), units, 8);
}

function digitsOf(number: number): number {
  let digits = 1;
  for (let power = 10; power <= number; power *= 10) digits++;
  return digits;
}

function writeNumber(bytes: Uint8Array, at: number, number: number, digits: number): number {
  let left = number | 0;
  for (let p = at + digits - 1; p >= at; p--) {
    const tens = (left / 10) | 0;
    bytes[p] = 48 + left - tens * 10;
    left = tens;
  }
  return at + digits;
}
