import { describe, expect, it } from '@jest/globals';
import { chosenMeasures, measureNames, orderOf } from './measures.ts';

describe('--only', () => {
  it('means_all_when_it_is_missing', () => {
    expect(chosenMeasures(undefined)).toEqual(measureNames);
  });
  it('keeps_the_order_of_the_table', () => {
    expect(chosenMeasures(['whole', 'columns'])).toEqual(['columns', 'whole']);
  });
  it('never_measures_another_tool_without_ours', () => {
    expect(chosenMeasures(['duckdb'])).toEqual(['encode', 'duckdb']);
    expect(chosenMeasures(['avsc'])).toEqual(['columns', 'avsc']);
  });
});

describe('the order of a round', () => {
  it('lets_each_measure_be_the_first_once', () => {
    const names = ['a', 'b', 'c'];
    expect([0, 1, 2, 3].map((round) => orderOf(names, round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});
