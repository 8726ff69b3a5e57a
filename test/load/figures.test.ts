import { describe, expect, it } from '@jest/globals';
import { figuresOf, median, ratioOf, type Timing } from './figures.ts';

const timings = (...wall: number[]): Timing[] => wall.map((wallUs) => ({ wallUs, cpuUs: wallUs * 2 }));

describe('the median', () => {
  it('is_the_middle_value_whatever_the_order_and_the_number_of_digits', () => {
    expect(median([9, 100, 20])).toBe(20);
  });
  it('is_the_mean_of_the_two_in_the_middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
  it('leaves_its_values_in_their_order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
  it('refuses_to_be_made_of_nothing', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('the figures of a measure', () => {
  it('are_not_moved_by_one_slow_round_but_show_it', () => {
    expect(figuresOf(timings(10, 11, 900))).toEqual({ median: 11, min: 10, max: 900, cpuMedian: 22, rounds: 3 });
  });
});

describe('the ratio', () => {
  it('is_below_one_where_we_are_faster_and_is_of_medians_not_of_the_best', () => {
    const ratio = ratioOf(timings(10, 1, 30), timings(20, 40, 30));
    expect(ratio.wall).toBeCloseTo(10 / 30);
    expect(ratio.cpu).toBeCloseTo(10 / 30);
  });
  it('compares_each_round_with_itself', () => {
    const { lowest, highest } = ratioOf(timings(10, 100), timings(10, 50));
    expect([lowest, highest]).toEqual([1, 2]);
  });
  it('refuses_rounds_that_were_not_interleaved', () => {
    expect(() => ratioOf(timings(1, 2), timings(1))).toThrow(RangeError);
  });
});
