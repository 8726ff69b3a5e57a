import { describe, expect, it } from '@jest/globals';
import { brokenPromises, checksumOf } from './written-rows.ts';

const event = (uid: string, time: number) => ({ uid, time });
const expected = [event('c', 3), event('a', 1), event('b', 1)];

describe('the check of what was written', () => {
  it('is_content_with_the_same_events_sorted_within_each_object', () => {
    expect(brokenPromises('x', expected, [[event('b', 1), event('c', 3)], [event('a', 1)]])).toEqual([]);
  });
  it('finds_a_row_that_is_missing', () => {
    expect(brokenPromises('x', expected, [expected.slice(1)])).toEqual(['x: 2 rows were written of 3.']);
  });
  it('finds_an_event_that_is_there_twice_in_the_place_of_another', () => {
    const twice = [event('a', 1), event('a', 1), event('c', 3)];
    expect(brokenPromises('x', expected, [twice])).toEqual(['x: other events were written.']);
  });
  it('finds_a_time_that_was_changed', () => {
    const changed = [event('a', 1), event('b', 1), event('c', 4)];
    expect(brokenPromises('x', expected, [changed])).toEqual(['x: other events were written.']);
  });
  it('finds_rows_out_of_order', () => {
    expect(brokenPromises('x', expected, [expected])).toEqual([
      'x: row 1 of object 0 is earlier than the one before it.',
    ]);
  });
});

describe('the checksum', () => {
  it('does_not_depend_on_the_order', () => {
    expect(checksumOf(expected)).toBe(checksumOf(expected.toReversed()));
  });
});
