import { describe, expect, it } from '@jest/globals';
import { type Data, Field, Int32, Int64, List, makeData, RecordBatch, Schema, Struct, Utf8 } from 'apache-arrow';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { handoffFields, streamOf } from './handoff.fixture.ts';
import { measure, pageBytesMax, planPages, rowGroupPlainBytesMax } from './page-limits.ts';
import { walkParquet } from './parquet-walk.ts';
import { encodeObject } from './parquet-wasm.ts';

const KB = 1024;

/** Bytes that look random, the same every time. (Jest makes a global such as `Math` slow to reach.) */
const { imul } = Math;
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 + 1;
  for (let i = 0; i < length; i++) {
    state = (imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = 97 + ((state >>> 24) % 26);
  }
  return bytes;
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return offsets;
}

function strings(lengths: readonly number[], seed = 1, nullEvery = 0): Data {
  const length = lengths.length;
  const isNull = (i: number) => nullEvery > 0 && i % nullEvery === 0;
  const valueOffsets = offsetsOf(lengths.map((bytes, i) => (isNull(i) ? 0 : bytes)));
  const nullBitmap = new Uint8Array(((length >> 6) + 1) << 3);
  for (let i = 0; i < length; i++) if (!isNull(i)) nullBitmap[i >> 3]! |= 1 << (i & 7);
  const validity = nullEvery > 0 ? { nullBitmap } : { nullCount: 0 };
  return makeData({ type: new Utf8(), length, ...validity, valueOffsets, data: noise(valueOffsets.at(-1)!, seed) });
}

function lists(counts: readonly number[], child: Data): Data {
  const type = new List(new Field('item', child.type, true));
  return makeData({ type, length: counts.length, nullCount: 0, valueOffsets: offsetsOf(counts), child } as never);
}

/** A column of lists whose elements are null or zero by turns: nothing but levels. */
function hollowLists(counts: readonly number[]): Data {
  const length = counts.reduce((sum, count) => sum + count, 0);
  const nullBitmap = new Uint8Array(((length >> 6) + 1) << 3).fill(0x55);
  const zeros = { type: new Int32(), length, nullCount: length >> 1, nullBitmap, data: new Int32Array(length) };
  return lists(counts, makeData(zeros));
}

function batchOf(fields: Field[], length: number, children: Data[]): RecordBatch {
  return new RecordBatch(new Schema(fields), makeData({ type: new Struct(fields), length, nullCount: 0, children }));
}

function handoff(rows: number, columns: Record<string, Data>): RecordBatch {
  const same = (text: string) =>
    makeData({
      type: new Utf8(),
      length: rows,
      nullCount: 0,
      valueOffsets: offsetsOf(Array.from({ length: rows }, () => text.length)),
      data: new TextEncoder().encode(text.repeat(rows)),
    });
  const ints = () => makeData({ type: new Int32(), length: rows, nullCount: 0, data: new Int32Array(rows) });
  const longs = () =>
    makeData({ type: new Int64(), length: rows, nullCount: 0, data: new BigInt64Array(rows).map((_, i) => BigInt(i)) });
  const own = [same('000000000001/file-activity'), ints(), ints(), longs(), ints(), same('external_000000000001')];
  const fields = [
    ...handoffFields,
    new Field('time', new Int64(), false),
    ...Object.entries(columns).map(([name, { type }]) => new Field(name, type, true)),
  ];
  const children = [...own, longs(), ...Object.values(columns)] as Data[];
  return batchOf(fields, rows, children);
}

async function encoded(batch: RecordBatch) {
  const n = batch.numRows;
  const rows = { message: new Uint32Array(n), row: Uint32Array.from({ length: n }, (_, i) => i) };
  const object = await encodeObject({ messages: [streamOf([batch])], rows });
  const walked = walkParquet(object.bytes);
  expect(walked.rows).toBe(n);
  return { object, largestPage: Math.max(...walked.pages.map((page) => page.uncompressedBytes)), walked };
}

const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));

describe('pages of at most 1 MB, also dictionary pages', () => {
  const cases: Record<string, () => RecordBatch> = {
    'short strings': () => handoff(60_000, { a: strings(times(60_000, (i) => 20 + (i % 60))) }),
    'strings of 16 KB in several columns': () =>
      handoff(600, {
        a: strings(times(600, () => 16 * KB)),
        b: strings(
          times(600, (i) => (i % 5) * 4 * KB),
          2,
        ),
        c: strings(
          times(600, () => 3),
          3,
        ),
      }),
    'strings of 256 KB in several columns': () =>
      handoff(30, {
        a: strings(times(30, () => 256 * KB)),
        b: strings(
          times(30, () => 256 * KB),
          2,
        ),
      }),
    'one string of 256 KB among short ones': () =>
      handoff(20_000, { a: strings(times(20_000, (i) => (i === 19_999 ? 256 * KB : 60))) }),
    'lists of 512 KB a row in strings of 256 KB': () =>
      handoff(12, {
        a: lists(
          times(12, () => 2),
          strings(times(24, () => 256 * KB - 4)),
        ),
      }),
    'lists of 512 KB a row in short strings': () =>
      handoff(8, {
        a: lists(
          times(8, () => 20_000),
          strings(times(160_000, () => 22)),
        ),
      }),
    'rows whose lists are nothing but levels': () =>
      handoff(20_000, { a: hollowLists(times(20_000, (i) => (i % 400) + 1)) }),
    'long strings behind short ones': () =>
      handoff(9_000, { a: strings(times(9_000, (i) => (i % 3000 < 2500 ? 2 : 16 * KB))) }),
    'numbers that never repeat': () =>
      handoff(300_000, {
        a: makeData({
          type: new Int64(),
          length: 300_000,
          nullCount: 0,
          data: new BigInt64Array(300_000).map((_, i) => BigInt(i) * 1_000_003n),
        }),
      }),
  };

  it.each(Object.entries(cases))(
    'hold for %s',
    async (_, make) => {
      const { largestPage, walked } = await encoded(make());
      expect(walked.encodings.filter((name) => !['PLAIN', 'RLE', 'RLE_DICTIONARY'].includes(name))).toEqual([]);
      expect(largestPage).toBeLessThanOrEqual(pageBytesMax);
    },
    60_000,
  );

  it('hold_for_any_mixture_of_lengths_nulls_and_lists', async () => {
    const stretch = fc.record({
      rows: fc.integer({ min: 1, max: 9_000 }),
      bytes: fc.oneof(fc.nat(200), fc.nat(20 * KB), fc.nat(256 * KB)),
      nullEvery: fc.constantFrom(0, 0, 2, 7),
    });
    const column = fc.record({ list: fc.boolean(), stretches: fc.array(stretch, { minLength: 1, maxLength: 5 }) });
    await fc.assert(
      fc.asyncProperty(column, async ({ list, stretches }) => {
        // At most 4 MB a stretch, so that a run takes no longer than it must.
        const lengths = stretches.flatMap(({ rows, bytes }) =>
          times(Math.max(1, Math.min(rows, Math.floor((4096 * KB) / (bytes + 1)))), () => bytes),
        );
        const values = strings(lengths, stretches[0]!.rows, stretches[0]!.nullEvery);
        const counts = times(Math.ceil(lengths.length / 2), (i) => Math.min(2, lengths.length - 2 * i));
        const batch = list
          ? handoff(counts.length, { a: lists(counts, values) })
          : handoff(lengths.length, { a: values });
        expect((await encoded(batch)).largestPage).toBeLessThanOrEqual(pageBytesMax);
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('are_not_needlessly_small_for_ordinary_rows', async () => {
    const { walked } = await encoded(handoff(60_000, { a: strings(times(60_000, () => 60)) }));
    const full = walked.pages.filter(({ column }) => column === 'a');
    expect(Math.max(...full.map(({ uncompressedBytes }) => uncompressedBytes))).toBeGreaterThan(500 * KB);
  });

  it('hold_the_long_values_unchanged', async () => {
    const batch = handoff(5, { a: strings(times(5, (i) => 256 * KB - i)) });
    const { object } = await encoded(batch);
    const rows = await parquetReadObjects({ file: object.bytes.buffer, compressors, columns: ['a'] });
    expect(rows.map(({ a }) => a)).toEqual([...batch.getChild('a')!]);
  });
});

describe('row groups of at most 256 MB', () => {
  /** A batch that says how long its strings are, without having them. */
  const sized = (lengths: readonly number[]) => {
    const fields = [new Field('a', new Utf8(), true)];
    const data = { type: new Utf8(), length: lengths.length, nullCount: 0, valueOffsets: offsetsOf(lengths) };
    const child = makeData({ ...data, data: new Uint8Array(0) });
    return batchOf(fields, lengths.length, [child]);
  };

  it('hold_rows_by_the_hundred_thousand_where_they_are_short', () => {
    expect(planPages([measure(sized(times(200_000, () => 100)))]).rowsPerGroup).toBeGreaterThanOrEqual(100_000);
  });

  it('hold_fewer_rows_where_long_values_stand_together', () => {
    const batches = [sized(times(100_000, () => 10)), ...times(8, () => sized(times(512, () => 256 * KB)))];
    const { rowsPerGroup } = planPages(batches.map(measure));
    const lengths = [...times(100_000, () => 10), ...times(8 * 512, () => 256 * KB)];
    for (let at = 0; at < lengths.length; at += rowsPerGroup) {
      const bytes = lengths.slice(at, at + rowsPerGroup).reduce((sum, length) => sum + length, 0);
      expect(bytes).toBeLessThanOrEqual(rowGroupPlainBytesMax);
    }
  });

  it('follow_the_plan', async () => {
    const { walked } = await encoded(handoff(300_000, { a: strings(times(300_000, (i) => i % 5)) }));
    expect(walked.rowGroups.map(({ rows }) => rows)).toEqual([131_072, 131_072, 37_856]);
  });
});
