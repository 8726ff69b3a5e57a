import { expect, it } from '@jest/globals';
import { pauseAfter, pausesOf } from './pauses.ts';

it('grows from half a minute to five minutes with windows of five minutes', () => {
  const pauses = pausesOf(300_000);
  expect([0, 1, 2, 3, 4, 5, 6, 1_000].map((tries) => pauseAfter(tries, pauses, 1))).toEqual([
    30_000, 60_000, 120_000, 240_000, 300_000, 300_000, 300_000, 300_000,
  ]);
  expect(pauseAfter(3, pauses, 0)).toBe(120_000);
});

it('is shorter with shorter windows, and never nothing', () => {
  expect(pausesOf(3_000)).toEqual({ firstMs: 1_000, longestMs: 3_000 });
  expect(pausesOf(1)).toEqual({ firstMs: 1_000, longestMs: 1_000 });
});
