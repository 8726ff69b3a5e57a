import { describe, expect, it } from '@jest/globals';
import { Passage } from './passage.ts';

describe('a passage', () => {
  it('knows_the_latest_time_before_an_offset', () => {
    const passage = new Passage();
    expect(passage.before(0)).toBeUndefined();
    passage.add({ end: 10, through: 100 });
    passage.add({ end: 20, through: 200 });
    passage.add({ end: 20, through: 250 });
    expect([9, 10, 19, 20, 99].map((offset) => passage.before(offset))).toEqual([undefined, 100, 100, 250, 250]);
  });

  it('never_goes_back_when_an_older_time_is_read_later', () => {
    const passage = new Passage();
    passage.add({ end: 10, through: 100 });
    passage.add({ end: 12, through: 90 });
    expect(passage.before(12)).toBe(100);
  });

  it('forgets_everything_when_the_partition_begins_anew', () => {
    const passage = new Passage();
    passage.add({ end: 10, through: 100 });
    passage.add({ end: 3, through: 200 });
    expect([3, 10].map((offset) => passage.before(offset))).toEqual([200, 200]);
    passage.add({ end: 2, through: 300 });
    expect(passage.before(1)).toBeUndefined();
  });

  it('stays_small_and_is_never_later_than_it_was_told', () => {
    const passage = new Passage();
    for (let at = 1; at <= 100_000; at++) passage.add({ end: at, through: 10 * at });
    for (const offset of [1, 500, 40_000, 99_999, 100_000])
      expect(passage.before(offset) ?? 0).toBeLessThanOrEqual(10 * offset);
    expect(passage.before(100_000)).toBe(1_000_000);
    expect(passage.before(99_900)).toBe(999_000);
    expect(passage.before(40_000)).toBeGreaterThan(0);
  });
});
