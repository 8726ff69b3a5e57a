import { expect, it } from '@jest/globals';
import { Marks } from './marks.ts';

it('knows no mark before a row was seen', () => {
  expect(Marks.none.at(0, 7)).toBe(-1);
});

it('rises and never falls', () => {
  const marks = Marks.of([[0, 1, 10]]).raise([
    [0, 1, 4],
    [0, 2, 5],
  ]);
  expect(marks.at(0, 1)).toBe(10);
  expect(marks.at(0, 2)).toBe(5);
});

it('keeps the epochs of a recreated source topic apart', () => {
  const marks = Marks.of([
    [0, 1, 1000],
    [1, 1, 3],
  ]);
  expect([marks.at(0, 1), marks.at(1, 1), marks.at(2, 1)]).toEqual([1000, 3, -1]);
});

it('leaves the marks that it was made from as they were', () => {
  const before = Marks.of([[0, 1, 10]]);
  before.raise([[0, 1, 99]]);
  expect(before.at(0, 1)).toBe(10);
});
