/** Randomness from a seed, for tests: the same seed throws the same dice for ever. */
export interface Dice {
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** True in `percent` of 100 throws; `percent` may be a fraction. */
  chance(percent: number): boolean;
  /** One of a list that is not empty. */
  one<T>(list: readonly T[]): T;
  /** Lower-case hex digits. */
  hex(digits: number): string;
}

// Jest looks globals up slowly: a module's own names save half of the time.
const { floor, imul } = Math;

/** Dice for a seed, a whole number of 32 bits. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  // Mulberry32: good enough for tests, and its whole state is one number.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + floor(next() * (max - min + 1));
  return {
    between,
    chance: (percent) => next() * 100 < percent,
    one: (list) => list[between(0, list.length - 1)]!,
    hex(digits) {
      let text = '';
      while (text.length < digits) text += between(0, 0xffff).toString(16).padStart(4, '0');
      return text.slice(0, digits);
    },
  };
}
