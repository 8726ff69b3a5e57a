import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addLongDigits } from './avro-digits.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { fullHash } from './byte-hash.ts';
import { LongDictionary } from './long-dictionary.ts';
import { TextDictionary } from './text-dictionary.ts';
import { TextHeap } from './text-heap.ts';

const seed = 99;

/** Texts side by side in one buffer, and where each lies. */
function laidOut(texts: readonly string[]): { view: DataView; ranges: { at: number; length: number }[] } {
  const parts = texts.map((text) => Buffer.from(text));
  const ranges: { at: number; length: number }[] = [];
  let at = 0;
  for (const { length } of parts) {
    ranges.push({ at, length });
    at += length;
  }
  const bytes = new Uint8Array(at + 8).fill(0xee);
  bytes.set(Buffer.concat(parts));
  return { view: new DataView(bytes.buffer), ranges };
}

function textOf(dictionary: ByteDictionary, view: DataView, entry: number): string {
  return Buffer.from(view.buffer).toString('utf8', dictionary.starts[entry], dictionary.ends[entry]);
}

/** What looking each of them up among all others would exceed by far. */
const slowerMax = 100;

/** Of the processor's time: on a busy machine the clock runs on while nothing is done. */
function msOf(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Texts that don't collide. */
function easyTexts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`.padEnd(80, `${i}`));
}

/** How long they take as bytes. */
function msOfEasy(count: number): number {
  const { view, ranges } = laidOut(easyTexts(count));
  const dictionary = new ByteDictionary(seed);
  dictionary.begin(view);
  return msOf(() => {
    for (const { at, length } of ranges) dictionary.add(at, length);
  });
}

/** Texts of one length that differ only where a sampled hash doesn't look. */
function lookalikes(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `C:\\\\Users\\\\${String(i).padStart(8, '0')}${'x'.repeat(60)}end.exe`,
  );
}

describe('a dictionary of bytes', () => {
  it('gives_equal_bytes_one_number_and_others_another_batch_after_batch', () => {
    const texts = fc.array(
      fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('a', 'ab', 'abc', 'x'.repeat(9), 'y'.repeat(5000))),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 3 }), (batches) => {
        const dictionary = new ByteDictionary(seed, { looksForAscii: true });
        for (const batch of batches) {
          const { view, ranges } = laidOut(batch);
          dictionary.begin(view);
          const entries = ranges.map(({ at, length }) => dictionary.add(at, length));
          expect(entries.map((entry) => textOf(dictionary, view, entry))).toEqual(
            batch.map((text) => text.toWellFormed()),
          );
          const short = entries.filter((_, i) => batch[i]!.length < 4000);
          expect(new Set(short).size).toBe(new Set(batch.filter((text) => text.length < 4000)).size);
          const odd = dictionary.notAscii.map((entry) => textOf(dictionary, view, entry));
          expect(odd.every((text) => /[^\\x00-\\x7f]/.test(text))).toBe(true);
        }
      }),
    );
  });

  it('stays_right_and_fast_when_texts_collide_under_its_sampled_hash', () => {
    const texts = lookalikes(20_000);
    const { view, ranges } = laidOut(texts);
    const dictionary = new ByteDictionary(seed);
    dictionary.begin(view);
    const taken = msOf(() => ranges.map(({ at, length }) => dictionary.add(at, length)));
    const entries = ranges.map(({ at, length }) => dictionary.add(at, length));
    expect(entries.map((entry) => textOf(dictionary, view, entry))).toEqual(texts);
    expect(taken).toBeLessThan(msOfEasy(texts.length) * slowerMax);
  });

  it('stops_looking_when_texts_collide_under_any_hash', () => {
    // What changes in one word of a lane is taken back in its next one, whatever the seed: the lane is shifted by 13 bits in between.
    const { view, ranges } = laidOut(Array.from({ length: 4096 }, () => 'z'.repeat(12 * 16 + 9)));
    for (const [i, { at }] of ranges.entries()) {
      for (let bit = 0; bit < 12; bit++) {
        if ((i & (1 << bit)) === 0) continue;
        const word = at + bit * 16;
        view.setInt32(word, view.getInt32(word, true) ^ 0x80000000, true);
        view.setInt32(word + 8, view.getInt32(word + 8, true) ^ (1 << 12), true);
      }
    }
    expect(new Set(ranges.map(({ at, length }) => fullHash(view, at, length, seed))).size).toBe(1);
    const dictionary = new ByteDictionary(seed);
    dictionary.begin(view);
    let entries: number[] = [];
    const taken = msOf(() => {
      entries = ranges.map(({ at, length }) => dictionary.add(at, length));
    });
    expect(taken).toBeLessThan(msOfEasy(ranges.length) * slowerMax);
    expect(new Set(entries).size).toBe(4096);
    expect(entries.map((entry) => dictionary.starts[entry])).toEqual(ranges.map(({ at }) => at));
  });

  it('stops_looking_where_texts_hardly_repeat_and_tries_again_in_the_next_batch', () => {
    const unique = laidOut(Array.from({ length: 1000 }, (_, i) => `number ${i}`));
    const same = laidOut(Array.from({ length: 1000 }, () => 'always the same'));
    const dictionary = new ByteDictionary(seed);
    dictionary.begin(unique.view);
    for (const { at, length } of [...unique.ranges, ...unique.ranges]) dictionary.add(at, length);
    expect(dictionary.size).toBeGreaterThan(1400);
    dictionary.begin(same.view);
    for (const { at, length } of same.ranges) dictionary.add(at, length);
    expect(dictionary.size).toBe(1);
  });
});

describe('a dictionary of longs', () => {
  it('gives_equal_numbers_one_entry_and_others_another', () => {
    const words = fc.tuple(fc.constantFrom(0, 1, -1, 127, 128, 1 << 31), fc.constantFrom(0, 1, -1));
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.tuple(fc.integer(), fc.integer()))), (pairs) => {
        const dictionary = new LongDictionary(seed);
        const entries = pairs.map(([low, high]) => dictionary.add(low, high));
        expect(entries.map((entry) => [dictionary.lows[entry], dictionary.highs[entry]])).toEqual(pairs);
        expect(dictionary.size).toBe(new Set(pairs.map(String)).size);
      }),
    );
  });
});

describe('a dictionary of texts', () => {
  it('gives_equal_texts_one_number_and_others_another_also_when_they_collide', () => {
    const texts = [...lookalikes(20_000), '', 'a', 'x'.repeat(5000)];
    const dictionary = new TextDictionary(seed);
    const easy = new TextDictionary(seed);
    const takenByEasy = msOf(() => easyTexts(texts.length * 2).map((text) => easy.add(text)));
    let entries: unknown[] = [];
    const taken = msOf(() => {
      entries = [...texts, ...texts].map((text) => dictionary.texts[dictionary.add(text)]);
    });
    expect(taken).toBeLessThan(takenByEasy * slowerMax);
    expect(entries).toEqual([...texts, ...texts]);
  });
});

describe('the digits of a long', () => {
  it('are_those_of_its_bigint', () => {
    const edges = [
      0n,
      1n,
      -1n,
      99_999_999n,
      100_000_000n,
      10n ** 16n,
      10n ** 16n - 1n,
      2n ** 32n,
      -(2n ** 32n),
      2n ** 63n - 1n,
      -(2n ** 63n),
    ];
    const longs = fc.oneof(
      fc.constantFrom(...edges),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.integer().map(BigInt),
    );
    fc.assert(
      fc.property(longs, (long) => {
        const zigzag = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
        const heap = new TextHeap();
        expect(heap.text(addLongDigits(heap, Number(zigzag & 0xffffffffn) | 0, Number(zigzag >> 32n) | 0))).toBe(
          String(long),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
