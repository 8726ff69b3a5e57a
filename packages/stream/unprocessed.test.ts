import { expect, it } from '@jest/globals';
import { unprocessedRecords } from './unprocessed.ts';

const ends = [
  { partition: 0, low: 10, high: 100 },
  { partition: 1, low: 20, high: 50 },
];
const admin = {
  ends: async () => ends,
  committed: async () => new Map([[1, { offset: 45, metadata: '' }]]),
};
const at = (partition: number, next?: number) => ({ topic: 'a', partition, next });
const count = (...positions: ReturnType<typeof at>[]) => unprocessedRecords(admin, 'g', ['a', 'b'], positions);

it('counts_from_what_was_taken_else_committed_else_the_oldest_that_is_kept', async () => {
  expect(await count(at(0, 97))).toEqual(
    new Map([
      ['a', 3],
      ['b', 0],
    ]),
  );
  expect((await count(at(0, 97), at(1))).get('a')).toBe(3 + 5);
  expect((await count(at(0))).get('a')).toBe(90);
});

it('counts_neither_what_retention_took_nor_less_than_nothing', async () => {
  expect((await count(at(1, 5))).get('a')).toBe(30);
  expect((await count(at(0, 120), at(7, 1))).get('a')).toBe(0);
});
