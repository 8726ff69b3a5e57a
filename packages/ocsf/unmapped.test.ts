import { describe, expect, it } from '@jest/globals';
import { boundUnmapped, Cuts, stringBytesMax, truncatedKey, unmappedBytesMax } from './unmapped.ts';

const bytesOf = (text: string) => Buffer.byteLength(text);

describe('Cuts', () => {
  it('leaves_a_string_of_exactly_the_bound', () => {
    const cuts = new Cuts();
    const text = 'x'.repeat(stringBytesMax);
    expect(cuts.cut('a', text)).toBe(text);
    expect(cuts.mark).toBeUndefined();
  });

  it.each(['x', 'é', '€', '😀'])('cuts_between_two_code_points: %s', (char) => {
    const cuts = new Cuts();
    const text = `y${char.repeat(stringBytesMax)}`;
    const cut = cuts.cut('process.cmd_line', text);
    expect(text.startsWith(cut)).toBe(true);
    expect(cut.isWellFormed()).toBe(true);
    expect(bytesOf(cut)).toBeLessThanOrEqual(stringBytesMax);
    expect(bytesOf(cut)).toBeGreaterThan(stringBytesMax - 4);
    expect(cuts.mark).toBe(`process.cmd_line=${bytesOf(text)}`);
  });

  it('takes_back_marks_of_what_is_given_up', () => {
    const cuts = new Cuts();
    cuts.cut('a', 'long', 2);
    const before = cuts.count;
    cuts.cut('b', 'long', 2);
    cuts.forget(before);
    expect(cuts.mark).toBe('a=4');
  });

  it('says_how_many_more_were_cut', () => {
    const cuts = new Cuts();
    for (let i = 0; i < 300; i++) cuts.cut('p', 'long', 2);
    expect(cuts.mark).toMatch(/ and 44 more$/);
  });
});

describe('boundUnmapped', () => {
  it('is_nothing_for_nothing', () => {
    expect(boundUnmapped(new Map(), new Cuts())).toBeUndefined();
  });

  it('cuts_one_value_and_says_so', () => {
    const kept = boundUnmapped(new Map([['tags', 'x'.repeat(300_000)]]), new Cuts())!;
    expect(bytesOf(kept.tags!)).toBe(stringBytesMax);
    expect(kept[truncatedKey]).toBe('unmapped.tags=300000');
  });

  it('holds_the_whole_within_its_bound_and_names_what_it_left_out', () => {
    const entries = new Map(['a', 'b', 'c', 'd'].map((key) => [key, 'ü'.repeat(100_000)]));
    const kept = boundUnmapped(entries, new Cuts())!;
    const { [truncatedKey]: mark, ...rest } = kept;
    const total = Object.entries(rest).reduce((sum, [key, value]) => sum + bytesOf(key) + bytesOf(value), 0);
    expect(total).toBeLessThanOrEqual(unmappedBytesMax);
    expect(mark).toBe('unmapped.c=200000, unmapped.d=200000');
  });

  it('holds_also_against_huge_keys', () => {
    const kept = boundUnmapped(new Map([['k'.repeat(600_000), 'v']]), new Cuts())!;
    expect(Object.keys(kept)).toEqual([truncatedKey]);
    expect(kept[truncatedKey]!.length).toBeLessThan(200);
  });
});
