/** By length (0 to 8): the bits of the first four bytes that belong to a value; 9 further on, of the next four. */
export const shortMask = Int32Array.from([
  0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1,
]);

const one = 0x9e3779b1 | 0;
const two = 0x85ebca6b | 0;
const three = 0xc2b2ae35 | 0;

function finished(mixed: number): number {
  const hash = Math.imul(mixed ^ (mixed >>> 15), one);
  return hash ^ (hash >>> 13);
}

/** The hash of a value of at most 8 bytes, given as two little-endian words. */
export function shortHash(low: number, high: number, length: number, seed: number): number {
  return finished(Math.imul(low ^ seed, two) ^ Math.imul(high + length, three));
}

/** A hash of the length and of up to 20 bytes of a value of more than 8: its first and last ones, and some of the middle. */
export function sampledHash(view: DataView, at: number, length: number, seed: number): number {
  const end = at + length;
  const first = Math.imul(view.getInt32(at, true) ^ seed ^ length, one) ^ view.getInt32(end - 4, true);
  const middle = Math.imul(view.getInt32(at + (length >> 1) - 2, true), two) ^ view.getInt32(at + 4, true);
  return finished(Math.imul(first, two) ^ Math.imul(view.getInt32(end - 8, true) ^ middle, three));
}

/** A hash of all bytes of a value of more than 8. Whoever doesn't mind the work can still make values that collide. */
export function fullHash(view: DataView, at: number, length: number, seed: number): number {
  const last = at + length - 8;
  let left = seed ^ length;
  let right = Math.imul(seed, three);
  for (let p = at; p < last; p += 8) {
    left = Math.imul(((left << 13) | (left >>> 19)) ^ view.getInt32(p, true), one);
    right = Math.imul(((right << 15) | (right >>> 17)) ^ view.getInt32(p + 4, true), two);
  }
  left = Math.imul(left, one) ^ view.getInt32(last, true);
  right = Math.imul(right, two) ^ view.getInt32(last + 4, true);
  return finished(Math.imul(left, two) ^ Math.imul(right, three));
}
