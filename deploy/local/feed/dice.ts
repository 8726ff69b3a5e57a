import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Randomness from a seed: the same seed throws the same dice for ever. */
export interface Dice {
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** True in `percent` of 100 throws. */
  chance(percent: number): boolean;
  /** One of a list that is not empty. */
  one<T>(list: readonly T[]): T;
  /** One of the keys, as often as their weights say. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key;
  /** Lower-case hex digits. */
  hex(digits: number): string;
}

/** Dice for a seed, a whole number of 32 bits. */
export function createDice(seed: number): Dice {
  const generator = xoroshiro128plus(seed);
  const between = (min: number, max: number) => uniformInt(generator, min, max);
  return {
    between,
    chance: (percent) => between(1, 100) <= percent,
    one: (list) => list[between(0, list.length - 1)]!,
    weighted(weights) {
      const entries = Object.entries(weights) as [keyof typeof weights, number][];
      const sum = entries.reduce((total, [, weight]) => total + weight, 0);
      let left = between(1, sum);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left <= 0) return key;
      }
      throw new RangeError('weights must be whole numbers, one of them above 0');
    },
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  };
}
