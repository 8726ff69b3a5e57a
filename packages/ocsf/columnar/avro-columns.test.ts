import { describe, expect, it } from '@jest/globals';
import { activitySchema, agentFieldNames, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
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
      { numRuns: 150 },
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
      { numRuns: 150 },
    );
  });

  it('read_runs_of_fields_that_come_again_as_a_whole_and_say_the_same', () => {
    const mixes = cases.chain(({ schema, batches }) => {
      const type = exactType(schema);
      const fields = (schema as unknown as { fields: { name: string }[] }).fields.map(({ name }) => name);
      const hosts = batches[0]!;
      const changing = fc.array(
        fc.record({ host: fc.nat(hosts.length - 1), name: fc.constantFrom(...fields), of: fc.nat(hosts.length - 1) }),
        { minLength: 70, maxLength: 150 },
      );
      return fc.tuple(
        fc.constant({ schema, type, hosts }),
        fc.array(changing, { minLength: 3, maxLength: 4 }),
        fc.array(damage, { maxLength: 100 }),
      );
    });
    fc.assert(
      fc.property(mixes, ([{ schema, type, hosts }, batches, damages]) => {
        const { reader } = readerOf(schema);
        const heap = new TextHeap();
        for (const [number, batch] of batches.entries()) {
          const values = batch.map(({ host, name, of }, i) => {
            const bytes = type.toBuffer({ ...hosts[host], [name]: hosts[of]![name] });
            // The first batch is whole, so that it is planned by.
            return wire(number > 0 && i % 3 === 0 && i < damages.length ? damaged(bytes, damages[i]!) : bytes);
          });
          check(schema, type, reader, values, heap);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('hold_what_a_whole_fleet_says_in_batches_of_any_size', () => {
    const schema = activitySchema('process-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const heap = new TextHeap();
    for (const size of [1, 1500, 100, 1200, 0, 700]) {
      const values = Array.from({ length: size }, (_, i) => wire(type.toBuffer(fleetEvent(i + size))));
      expect(check(schema, type, reader, values, heap)).toEqual([]);
    }
  });

  it('read_only_the_values_that_are_asked_for_and_none_that_is_missing_or_shorter_than_its_header', () => {
    const schema = activitySchema('dns-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const value = (i: number) => wire(type.toBuffer(fleetEvent(i)));
    const values = [value(0), null, value(2), Buffer.alloc(3), value(4), value(5)];
    const heap = new TextHeap();
    const { columns, rows, unread } = reader.read(values, Int32Array.from([5, 1, 2, 3, 0]), skip, heap);
    expect([[...rows], unread]).toEqual([
      [5, 2, 0],
      [1, 3],
    ]);
    for (const [row, number] of rows.entries()) {
      expect(activityAt(columns, row)).toEqual(expected(type, schema, values[number]!));
    }
  });

  it('hold_on_to_none_of_the_values', () => {
    const schema = activitySchema('dns-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const values = [wire(type.toBuffer(fleetEvent(1)))];
    const want = expected(type, schema, values[0]!);
    const { columns } = reader.read(values, Int32Array.of(0), skip, new TextHeap());
    values[0]!.fill(0xff);
    expect(activityAt(columns, 0)).toEqual(want);
  });

  it('leave_lengths_and_counts_beyond_the_record_to_the_registry_at_once', () => {
    const schema = activitySchema('process-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const bytes = type.toBuffer(fleetEvent(1));
    const lists = bytes.indexOf('10.0.0.1') - 2;
    const huge = [0xfe, 0xff, 0xff, 0xff, 0x0f];
    const broken = [
      Uint8Array.from([...huge, ...bytes]),
      Uint8Array.from([...bytes.subarray(0, lists), ...huge, ...bytes.subarray(lists)]),
      new Uint8Array(100_000).fill(0xff),
      new Uint8Array(100_000).fill(0x02),
      new Uint8Array(0),
    ];
    const values = Array.from({ length: 200 }, (_, i) => wire(broken[i % broken.length]!));
    const started = performance.now();
    const { rows, unread } = reader.read(values, Int32Array.from(values.keys()), skip, new TextHeap());
    expect([rows.length, unread.length]).toEqual([0, 200]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('forget_the_run_of_a_record_that_turned_out_to_be_broken', () => {
    const schema = activitySchema('process-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const heap = new TextHeap();
    const fleet = Array.from({ length: 300 }, (_, i) => wire(type.toBuffer(fleetEvent(i))));
    expect(check(schema, type, reader, fleet, heap)).toEqual([]);
    const broken = wire(Uint8Array.from([...type.toBuffer(fleetEvent(1)), 0]));
    const whole = [31, 61, 2].map((i) => wire(type.toBuffer(fleetEvent(i))));
    expect(check(schema, type, reader, [broken, ...whole, broken], heap)).toEqual([0, 4]);
  });

  it('leave_a_record_that_ends_within_a_long_text_or_a_run_to_the_registry', () => {
    const schema = activitySchema('process-activity') as unknown as Json;
    const { type, reader } = readerOf(schema);
    const long = { ...fleetEvent(1), processCmd: 'c'.repeat(300_000), endpointHostName: 'h'.repeat(100_000) };
    const bytes = type.toBuffer(long);
    for (const part of [0.1, 0.3, 0.5, 0.9]) {
      const cut = wire(bytes.subarray(0, bytes.length * part));
      expect(check(schema, type, reader, [cut], new TextHeap())).toEqual([0]);
      expect(check(schema, type, reader, Array(100).fill(wire(bytes)).with(99, cut), new TextHeap())).toEqual([99]);
    }
  });

  it('read_no_long_of_more_than_64_bits', () => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'processHashId', type: 'long' },
        { name: 'x', type: 'long' },
      ],
    };
    const { type, reader } = readerOf(schema as never);
    const nines = Array(9).fill(0xff);
    const last = [0, 1, 2, 3, 0x40, 0x7f, 0x80];
    const values = last.flatMap((byte) => [
      wire(Uint8Array.from([...nines, byte, 0])),
      wire(Uint8Array.from([0, ...nines, byte])),
    ]);
    expect(check(schema as never, type, reader, values, new TextHeap())).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('refuse_schemas_that_are_no_record_or_recursive_or_not_valid', () => {
    const node = { name: 'next', type: ['null', 'Node'] };
    const record = (fields: unknown) => ({ type: 'record', name: 'Node', fields });
    const refused = [
      'string',
      null,
      7,
      {},
      record([node]),
      record(undefined),
      record([{ name: '__proto__', type: 'int' }]),
    ];
    const endless = record([{ name: 'tags', type: { type: 'array', items: 'null' } }]);
    for (const schema of [
      ...refused,
      endless,
      record([{ name: 'a', type: 'Unknown' }]),
      record([{ name: 'a', type: 'error' }]),
    ]) {
      expect(avroColumnReader(schema)).toBeUndefined();
    }
  });
});

/** An event of a fleet of 30 hosts: most of it is the same for all events of a host. */
function fleetEvent(i: number): Record<string, unknown> {
  const host = i % 30;
  const own: Record<string, unknown> = {
    accountId: '123456789012',
    uuid: `event-${i}-${(i * 2654435761) % 4294967296}`,
    eventId: 1,
    eventSubId: i % 3,
    eventTime: 1_768_478_400_000 + i * 7,
    endpointGuid: `guid-of-host-${host}-0123456789`,
    endpointHostName: `HÖST-${host}`,
    endpointIp: [`10.0.0.${host}`, 'fe80::1', ''],
    osName: ['Windows', 'Linux'][host % 2],
    processHashId: BigInt(i % 900) * 1_234_567_890_123_456n * (i % 2 === 0 ? 1n : -1n),
    processPid: i % 900,
    processCmd: i % 5 === 0 ? '' : `run --number ${i % 900} and more of it so that it is long`,
    processLaunchTime: i % 11 === 0 ? 1_768_478_400 : 1_768_478_400_123,
  };
  return Object.fromEntries(agentFieldNames.map((name) => [name, own[name] ?? null]));
}
