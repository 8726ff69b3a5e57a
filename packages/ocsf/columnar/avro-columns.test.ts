import { describe, expect, it } from '@jest/globals';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import type { Type } from 'avsc';
import fc from 'fast-check';
import { type AvroColumnReader, avroColumnReader } from './avro-columns.ts';
import { changedSchemas, exactType, type Json, recordsOf } from './avro-schemas.fixture.ts';
import { activityAt } from './rows.fixture.ts';
import { TextHeap } from './text-heap.ts';

const skip = 5;

/** A value as it lies in a fetch: in the middle of a larger buffer, behind the five bytes of its header. */
function wire(bytes: Uint8Array): Uint8Array {
  const fetch = Buffer.alloc(bytes.length + skip + 6, 0xff);
  fetch.set(bytes, skip + 3);
  return fetch.subarray(3, bytes.length + skip + 3);
}

function readerOf(schema: Json): { type: Type; reader: AvroColumnReader } {
  const type = exactType(schema);
  const reader = avroColumnReader(type.schema({ exportAttrs: true }), 7);
  if (reader === undefined) throw new Error('the schema is not supported');
  return { type, reader };
}

/** What the rules say of a value: decoded by avsc, with renamed fields by our names. */
function expected(type: Type, schema: Json, value: Uint8Array): Record<string, unknown> {
  const decoded = type.fromBuffer(Buffer.from(value.subarray(skip))) as Record<string, unknown>;
  const { fields } = schema as unknown as { fields: { name: string; aliases?: string[] }[] };
  const renamed = fields.map(({ name, aliases }) => [aliases?.at(-1) ?? name, decoded[name]] as const);
  return { ...coerceActivity(Object.fromEntries(renamed)) };
}

/** Reads a batch and compares it row by row. Answers what wasn't read. */
function check(
  schema: Json,
  type: Type,
  reader: AvroColumnReader,
  values: readonly (Uint8Array | null)[],
  heap: TextHeap,
): number[] {
  heap.clear();
  const which = Int32Array.from(values.keys());
  const { columns, rows, unread } = reader.read(values, which, skip, heap);
  expect([...rows, ...unread].sort((a, b) => a - b)).toEqual([...which]);
  expect(columns.rows).toBe(rows.length);
  for (const [row, number] of rows.entries()) {
    const want = expected(type, schema, values[number]!);
    const got = activityAt(columns, row);
    expect(got).toEqual(want);
    expect(Object.keys(got.unmapped as object)).toEqual(Object.keys(want.unmapped as object));
  }
  return unread;
}

/** Breaks bytes in one of several ways. */
const damage = fc.record({
  how: fc.constantFrom('flip', 'cut', 'append', 'insert', 'none'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  byte: fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xc3, 0xed, 0xff),
});

function damaged(bytes: Uint8Array, { how, at, byte }: { how: string; at: number; byte: number }): Uint8Array {
  const place = Math.floor(at * bytes.length);
  const list = [...bytes];
  if (how === 'flip') list[place] = byte;
  if (how === 'cut') list.splice(place);
  if (how === 'append') list.push(byte);
  if (how === 'insert') list.splice(place, 0, byte);
  return Uint8Array.from(list);
}

const batchesOf = (schema: Json) => {
  const type = exactType(schema);
  const records = fc.array(recordsOf(type), { minLength: 1, maxLength: 12 });
  return fc.record({
    schema: fc.constant(schema),
    batches: fc.array(records, { minLength: 1, maxLength: 4 }),
    damages: fc.array(damage, { maxLength: 30 }),
  });
};
const cases = fc
  .constantFrom('process-activity', 'file-activity', 'account-change-audit')
  .chain((name) => changedSchemas(name as never))
  .chain(batchesOf);

describe('columns read from Avro', () => {
  it('say_row_by_row_what_the_rules_say_of_the_decoded_value_whatever_the_schema', () => {
    fc.assert(
      fc.property(cases, ({ schema, batches }) => {
        const { type, reader } = readerOf(schema);
        const heap = new TextHeap();
        for (const records of batches) {
          const values = records.map((record) => wire(type.toBuffer(record)));
          expect(check(schema, type, reader, values, heap)).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leave_broken_records_to_the_registry_and_are_right_about_every_other', () => {
    fc.assert(
      fc.property(cases, ({ schema, batches, damages }) => {
        const { type, reader } = readerOf(schema);
        const heap = new TextHeap();
        for (const records of batches) {
          const values = records.map((record, i) => {
            const bytes = type.toBuffer(record);
            return wire(i < damages.length ? damaged(bytes, damages[i]!) : bytes);
          });
          for (const number of check(schema, type, reader, values, heap)) {
            expect(damages[number]?.how ?? 'none').not.toBe('none');
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
