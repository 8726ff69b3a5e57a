import { expect, it } from '@jest/globals';
import { shortestFailing } from './shrink.ts';

it('finds_the_faults_that_it_takes_and_leaves_out_all_others', async () => {
  let runs = 0;
  const needs = (part: readonly number[]) => {
    runs += 1;
    return Promise.resolve(part.includes(3) && part.includes(11));
  };
  const all = Array.from({ length: 16 }, (_, at) => at + 1);
  expect(await shortestFailing(all, needs)).toEqual([3, 11]);
  expect(runs).toBeLessThan(40);
});

it('keeps_all_of_a_sequence_that_fails_only_as_a_whole', async () => {
  expect(await shortestFailing([1, 2, 3], async (part) => part.length === 3)).toEqual([1, 2, 3]);
});
