import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { anyRow, batchOf, expectedOf, messageOf, plain, type Row, sharing, streamOf } from './handoff.fixture.ts';
import { walkParquet } from './parquet-walk.ts';
import { type EncodedObject, encodeObject, openMessage } from './parquet-wasm.ts';

async function read(object: EncodedObject): Promise<Record<string, unknown>[]> {
  const rows = await parquetReadObjects({ file: object.bytes.buffer, compressors });
  return rows.map((row) => plain({ ...row, unmapped: entriesOf(row.unmapped) }) as Record<string, unknown>);
}

/** hyparquet answers a map as an object, where the keys allow it. */
function entriesOf(map: unknown): unknown {
  return map === null || map === undefined ? null : Object.entries(map);
}

const row = (changes: Partial<Row> = {}): Row => ({
  time: 1_767_312_000_000,
  time_dt: 1_767_312_000_000,
  severity_id: 1,
  risk: null,
  is_remote: null,
  message: null,
  class_name: 'File System Activity',
  device: null,
  hashes: null,
  unmapped: null,
  ...changes,
});
const all = (n: number) => ({ message: new Uint32Array(n), row: Uint32Array.from({ length: n }, (_, i) => i) });

describe('an object', () => {
  it('holds_exactly_the_chosen_rows_of_any_messages_by_time', async () => {
    const scene = fc
      .array(fc.array(fc.array(anyRow, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 4,
      })
      .chain((messages) => {
        const places = messages.flatMap((groups, message) => groups.flat().map((_, at) => ({ message, at })));
        return fc.record({
          messages: fc.constant(messages),
          picked: fc.subarray(places, { minLength: 1 }),
          // Consumers of two releases may have written them: with shared objects, and without.
          shares: fc.array(fc.boolean(), { minLength: messages.length, maxLength: messages.length }),
        });
      });
    await fc.assert(
      fc.asyncProperty(scene, async ({ messages, picked, shares }) => {
        const object = await encodeObject({
          messages: messages.map((groups, at) => {
            const batches = groups.map((rows) => batchOf(rows));
            return streamOf(shares[at] ? batches.map(sharing) : batches);
          }),
          rows: { message: picked.map(({ message }) => message), row: picked.map(({ at }) => at) },
        });
        const expected = expectedOf(picked.map(({ message, at }) => messages[message]!.flat()[at]!));
        expect(await read(object)).toEqual(expected);
        expect(object).toMatchObject({
          rows: picked.length,
          earliest: (expected[0] as Row).time,
          latest: (expected.at(-1) as Row).time,
        });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('keeps_the_hand_off_order_of_rows_of_one_time', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => row({ time: 1_767_312_000_000 - (i % 7), message: `${i}` }));
    const object = await encodeObject({ messages: [messageOf(rows)], rows: all(500) });
    const messages = (await read(object)).map(({ message }) => message);
    expect(messages).toEqual(rows.toSorted((a, b) => a.time - b.time).map(({ message }) => message));
  });

  it('is_the_same_bytes_for_the_same_rows', async () => {
    const request = {
      messages: [messageOf(Array.from({ length: 50 }, (_, i) => row({ message: `${i}` })))],
      rows: all(50),
    };
    const [one, two] = [await encodeObject(request), await encodeObject(request)];
    expect(Buffer.compare(one.bytes, two.bytes)).toBe(0);
    expect(one.sha256).toBe(two.sha256);
  });

  // A few bytes of the hand-off, where rows share their texts, may be gigabytes of an object: not all are held at a time.
  it('holds_every_row_of_more_plain_bytes_than_are_kept_while_it_is_planned', async () => {
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(8_192));
    const rows = texts.map((message, i) => row({ time: 1_767_312_000_000 + i, message }));
    const each = 6_000;
    const picked = Uint32Array.from({ length: 3 * each }, (_, i) => i % 3);
    const object = await encodeObject({
      messages: [messageOf(rows)],
      rows: { message: new Uint32Array(picked.length), row: picked },
    });
    expect(object.rows).toBe(picked.length);
    const found = (await read(object)).map(({ message }) => texts.indexOf(message as string));
    expect(found).toEqual([0, 1, 2].flatMap((text) => Array<number>(each).fill(text)));
  }, 60_000);

  it('is_read_from_a_message_that_lies_anywhere_in_a_fetched_buffer', async () => {
    const message = messageOf([row({ message: 'here' })]);
    const fetched = Buffer.alloc(message.length + 3);
    fetched.set(message, 3);
    const object = await encodeObject({ messages: [fetched.subarray(3)], rows: all(1) });
    expect(await read(object)).toMatchObject([{ message: 'here' }]);
  });

  it('is_the_same_from_a_message_that_was_opened_before', async () => {
    const message = messageOf([row({ message: 'a' }), row({ message: 'b' })]);
    const opened = openMessage(message);
    for (const at of [0, 1]) {
      const rows = { message: [0], row: [at] };
      const [one, two] = [
        await encodeObject({ messages: [message], rows }),
        await encodeObject({ messages: [opened], rows }),
      ];
      expect(one.sha256).toBe(two.sha256);
    }
  });

  it('has_the_column_types_that_security_lake_uses_itself', async () => {
    const object = await encodeObject({ messages: [messageOf([row()])], rows: all(1) });
    const { schema } = parquetMetadata(object.bytes.buffer);
    const shown = schema.map(({ name, type, repetition_type, converted_type }) =>
      [repetition_type, type, name, converted_type].filter((part) => part !== undefined).join(' '),
    );
    expect(shown.slice(1)).toEqual([
      'REQUIRED INT64 time',
      'OPTIONAL INT64 time_dt TIMESTAMP_MILLIS',
      'OPTIONAL INT32 severity_id',
      'OPTIONAL DOUBLE risk',
      'OPTIONAL BOOLEAN is_remote',
      'OPTIONAL BYTE_ARRAY message UTF8',
      'REQUIRED BYTE_ARRAY class_name UTF8',
      'OPTIONAL device',
      'REQUIRED BYTE_ARRAY hostname UTF8',
      'OPTIONAL ip LIST',
      'REPEATED list',
      'OPTIONAL BYTE_ARRAY element UTF8',
      'OPTIONAL os',
      'OPTIONAL BYTE_ARRAY name UTF8',
      'REQUIRED INT32 type_id',
      'OPTIONAL hashes LIST',
      'REPEATED list',
      'OPTIONAL element',
      'OPTIONAL BYTE_ARRAY value UTF8',
      'REQUIRED INT32 algorithm_id',
      'OPTIONAL unmapped MAP',
      'REPEATED key_value',
      'REQUIRED BYTE_ARRAY key UTF8',
      'OPTIONAL BYTE_ARRAY value UTF8',
    ]);
  });

  it('is_zstd_with_v1_pages_a_dictionary_and_its_origin', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => row({ message: `m${i % 3}` }));
    const metadata = { 'ocsf.class_uid': '1001', 'ocsf.version': '1.1.0' };
    const object = await encodeObject({ messages: [messageOf(rows)], rows: all(300), metadata });
    const walked = walkParquet(object.bytes);
    expect(walked).toMatchObject({ createdBy: 'tributary', codecs: ['ZSTD'], rows: 300, metadata });
    expect(new Set(walked.pages.map(({ kind }) => kind))).toEqual(new Set(['data', 'dictionary']));
  });

  it('refuses_rows_that_a_message_does_not_have', async () => {
    // The next message's rows would be another tenant's.
    const messages = [messageOf([row()]), messageOf([row()])];
    for (const at of [1, -1]) {
      await expect(encodeObject({ messages, rows: { message: [0], row: [at] } })).rejects.toThrow(RangeError);
    }
    await expect(encodeObject({ messages, rows: { message: [2], row: [0] } })).rejects.toThrow(RangeError);
    await expect(encodeObject({ messages, rows: { message: [], row: [] } })).rejects.toThrow(RangeError);
  });

  it.each([
    { registration: '000000000002/file-activity' },
    { registration: '000000000001/dns-activity' },
    { generation: 2 },
    { objectAccount: 'external_000000000002' },
  ])('never_mixes_rows_that_differ_in_%o', async (other) => {
    const messages = [streamOf([batchOf([row(), row()]), batchOf([row()], other)])];
    await expect(encodeObject({ messages, rows: all(3) })).rejects.toThrow(Object.keys(other)[0]!);
    expect((await encodeObject({ messages, rows: all(2) })).rows).toBe(2);
  });
});
