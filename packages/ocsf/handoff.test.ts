import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { handoffColumns } from '@tributary/schemas/kafka/handoff.ts';
import { type OcsfVersion, ocsfVersions, registrationId } from '@tributary/schemas/registration.ts';
import { type MapRow, RecordBatchStreamWriter, type StructRow, tableFromArrays, Vector } from 'apache-arrow';
import { OcsfRows } from './columnar/ocsf-rows.ts';
import { TextHeap } from './columnar/text-heap.ts';
import { ocsfColumns } from './columns.ts';
import { decodeHandoff, encodeHandoff, type HandoffRow } from './handoff.ts';
import { normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

function rowsOf(eventClass: EventClass, version: OcsfVersion, extra: Record<string, unknown> = {}): HandoffRow[] {
  return sampleActivities(eventClass).map((raw, at) => {
    const outcome = normalise(eventClass, version, coerceActivity({ ...raw, ...extra }), { now: sampleTime });
    if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
    return {
      registration: registrationId('012345678901', eventClass),
      generation: 1 + (at % 3),
      sourcePartition: at % 48,
      sourceOffset: 2 ** 40 + at,
      sourceEpoch: 7,
      objectAccount: at % 2 === 0 ? 'external_012345678901' : '210987654321',
      row: outcome.value,
    };
  });
}

/** An Arrow value as rows hold it: nulls left out, 64-bit integers as numbers. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Vector) return Array.from(value, plain);
  const object = (value as StructRow | MapRow).toJSON();
  const entries = Object.entries(object).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([name, inner]) => [name, plain(inner)]));
}

function roundTrip(eventClass: EventClass, ocsfVersion: OcsfVersion, rows: readonly HandoffRow[]) {
  const decoded = decodeHandoff(encodeHandoff({ eventClass, ocsfVersion, rows }));
  const expected = rows.map(({ row, ...handoff }) => ({ ...handoff, ...row.values }));
  const found = Array.from({ length: decoded.rows }, (_, at) => plain(decoded.batch.get(at)));
  return { decoded, expected, found };
}

describe('a hand-off message', () => {
  const cases = ocsfVersions.flatMap((version) => eventClassNames.map((eventClass) => [version, eventClass] as const));
  it.each(cases)('carries_every_row_as_it_is: %s %s', (version, eventClass) => {
    const { expected, found } = roundTrip(eventClass, version, rowsOf(eventClass, version));
    expect(found).toEqual(expected);
  });

  it('carries_big_odd_and_empty_values', () => {
    const rows = rowsOf('process-activity', '1.1.0', {
      processCmd: '😀é\u0000'.repeat(40_000),
      objectCmd: ' ',
      endpointIp: Array.from({ length: 300 }, (_, at) => `10.0.${at >> 8}.${at & 255}`),
      processFileHashMd5: '',
      processFileHashSha1: '',
      processFileHashSha256: '',
    });
    const { expected, found } = roundTrip('process-activity', '1.1.0', rows);
    expect(found).toEqual(expected);
  });

  it('carries_one_row_and_a_column_that_is_always_null', () => {
    const rows = rowsOf('dns-activity', '1.3.0').slice(1, 2);
    const { expected, found, decoded } = roundTrip('dns-activity', '1.3.0', rows);
    expect(found).toEqual(expected);
    expect(decoded.batch.getChild('cloud')!.nullCount).toBe(1);
  });

  it('gives_the_columns_that_a_flusher_decides_by', () => {
    const rows = rowsOf('file-activity', '1.1.0');
    const { decoded } = roundTrip('file-activity', '1.1.0', rows);
    const found = Array.from({ length: decoded.rows }, (_, at) => ({
      registration: decoded.registration(at),
      generation: decoded.generation[at],
      sourcePartition: decoded.sourcePartition[at],
      sourceOffset: decoded.sourceOffset[at],
      sourceEpoch: decoded.sourceEpoch[at],
      objectAccount: decoded.objectAccount(at),
      time: decoded.time[at],
    }));
    expect(found).toEqual(rows.map(({ row, ...handoff }) => ({ ...handoff, time: row.time })));
    const names = decoded.batch.schema.names;
    expect(names.slice(0, 6)).toEqual(handoffColumns.map(({ name }) => name));
    expect(names.slice(6)).toEqual(ocsfColumns('file-activity', '1.1.0').schema.names);
  });

  it('is_read_from_any_place_in_a_larger_buffer', () => {
    const bytes = encodeHandoff({
      eventClass: 'dns-activity',
      ocsfVersion: '1.1.0',
      rows: rowsOf('dns-activity', '1.1.0'),
    });
    for (const fetch of [new Uint8Array(bytes.length + 16), Buffer.alloc(bytes.length + 16)]) {
      for (let at = 0; at < 8; at++) {
        fetch.set(bytes, at);
        const decoded = decodeHandoff(fetch.subarray(at, at + bytes.length));
        expect([...decoded.sourceOffset]).toEqual([2 ** 40, 2 ** 40 + 1, 2 ** 40 + 2]);
      }
    }
  });

  it('is_never_without_rows', () => {
    expect(() => encodeHandoff({ eventClass: 'dns-activity', ocsfVersion: '1.1.0', rows: [] })).toThrow(RangeError);
  });

  it('is_refused_when_it_is_not_one_or_not_whole', () => {
    const bytes = encodeHandoff({
      eventClass: 'dns-activity',
      ocsfVersion: '1.1.0',
      rows: rowsOf('dns-activity', '1.1.0'),
    });
    expect(() => decodeHandoff(new Uint8Array(0))).toThrow('not a hand-off message');
    expect(() => decodeHandoff(Buffer.from('{"a":1}'))).toThrow('not a hand-off message');
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      expect(() => decodeHandoff(bytes.subarray(0, Math.floor(bytes.length * part)))).toThrow('not a hand-off message');
    }
  });

  it('is_refused_when_its_columns_are_others', () => {
    const writer = new RecordBatchStreamWriter();
    writer.write(tableFromArrays({ registration: Int32Array.of(1) }));
    const bytes = writer.finish().toUint8Array(true);
    expect(() => decodeHandoff(bytes)).toThrow(
      'not a hand-off message: column registration is not there as Dictionary',
    );
  });

  it('is_refused_when_its_inside_is_broken', () => {
    const rows = rowsOf('dns-activity', '1.1.0');
    const bytes = encodeHandoff({ eventClass: 'dns-activity', ocsfVersion: '1.1.0', rows });
    const refusals = new Set<string>();
    for (let at = 0; at < bytes.length; at += 64) {
      const broken = Buffer.from(bytes).fill(0xff, at, Math.min(at + 64, bytes.length));
      try {
        decodeHandoff(broken);
      } catch (error) {
        refusals.add(String(error));
      }
    }
    for (const refusal of refusals) expect(refusal).toMatch(/^Error: not a hand-off message: /);
    expect([...refusals]).toContainEqual(expect.stringMatching(/offsets of column the dictionary/));
    expect([...refusals]).toContainEqual(expect.stringMatching(/codes of column /));
  });
});

describe('a record batch', () => {
  it('is_refused_when_a_row_lacks_what_is_always_there', () => {
    const rows = new OcsfRows('dns-activity', '1.1.0');
    rows.begin(new TextHeap(), 1);
    const [{ row, ...origin }] = rowsOf('dns-activity', '1.1.0') as [HandoffRow];
    rows.setOrigin(0, origin);
    const { metadata: _, ...values } = row.values;
    rows.addRow(0, values);
    expect(() => rows.handoffBatch(Int32Array.of(0))).toThrow('the column metadata has no value in 1 of 1 rows');
  });

  it('encodes_halves_of_a_character_in_neighbouring_rows_apart', () => {
    const rows = rowsOf('dns-activity', '1.1.0').slice(0, 2);
    const broken = rows.map((row, at) => ({ ...row, objectAccount: ['a\ud83d', '\ude00b'][at]! }));
    const decoded = decodeHandoff(encodeHandoff({ eventClass: 'dns-activity', ocsfVersion: '1.1.0', rows: broken }));
    expect([decoded.objectAccount(0), decoded.objectAccount(1)]).toEqual(['a�', '�b']);
  });
});
