import { describe, expect, it } from '@jest/globals';
import { type Data, Field, Float64, Int32, makeData, type RecordBatch, Struct, Utf8 } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { batchOf, type Row, sharing, streamOf, withColumns } from './handoff.fixture.ts';
import { encodeObject } from './parquet-wasm.ts';
import { OtherColumns } from './same-columns.ts';

const row = (changes: Partial<Row>): Row => ({
  ...{ time: 1_767_312_000_000, time_dt: null, severity_id: 1, risk: 0.5, is_remote: true },
  ...{ message: 'm', class_name: 'File System Activity', device: null, hashes: null, unmapped: null },
  ...changes,
});
const first = batchOf([row({ severity_id: 1, risk: 0.5, message: 'first' })]);
const second = batchOf([row({ severity_id: 2, risk: 0.25, message: 'second' })]);
const encode = (...batches: readonly RecordBatch[]) =>
  encodeObject({
    messages: batches.map((batch) => streamOf([batch])),
    rows: { message: [...batches.keys()], row: batches.map(() => 0) },
  });

type Columns = readonly (readonly [Field, Data])[];
const named = (name: string) => (columns: Columns) => columns.find(([field]) => field.name === name)!;
const insteadOf = (name: string, other: readonly [Field, Data]) => (columns: Columns) =>
  columns.map((one) => (one[0].name === name ? other : one));
const texts = makeData({
  type: new Utf8(),
  length: 1,
  nullCount: 0,
  valueOffsets: Int32Array.of(0, 1),
  data: Buffer.from('2'),
});
const os = new Struct([new Field('type_id', new Int32(), false), new Field('name', new Utf8(), true)]);

/*
 * The story: columns were taken by their places in the first message. Had another release written the second one, with the
 * columns in another order, its values would have been delivered under each other's names.
 */
describe('messages whose columns', () => {
  it('have_another_order_are_read_by_name', async () => {
    const turned = withColumns(second, (columns) => columns.toReversed());
    for (const other of [turned, sharing(turned)]) {
      const { bytes } = await encode(first, other);
      const rows = await parquetReadObjects({ file: bytes.buffer, compressors });
      expect(rows.map(({ severity_id, risk, message }) => [severity_id, risk, message])).toEqual([
        [1, 0.5, 'first'],
        [2, 0.25, 'second'],
      ]);
    }
  });

  it.each<[string, (columns: Columns) => Columns, string]>([
    ['lack_one', (columns) => columns.filter(([field]) => field.name !== 'risk'), 'column risk is Float64'],
    [
      'have_one_more',
      (columns) => [...columns, [new Field('more', new Float64(), true), named('risk')(columns)[1]]],
      'column more is absent in one message and Float64 in another',
    ],
    [
      'have_another_type',
      insteadOf('severity_id', [new Field('severity_id', new Utf8(), true), texts]),
      'column severity_id is Int32 in one message and Utf8 in another',
    ],
    [
      'may_be_null_elsewhere',
      (columns) =>
        insteadOf('time', [new Field('time', named('time')(columns)[0].type, true), named('time')(columns)[1]])(
          columns,
        ),
      'column time is Int64, never null in one message and Int64 in another',
    ],
    ['have_one_name_twice', (columns) => [...columns, named('risk')(columns)], 'two columns of one name'],
    [
      'have_other_objects',
      (columns) => insteadOf('device', [new Field('device', os), nothing(os)])(columns),
      'column device is Struct { hostname Utf8',
    ],
  ])('%s_are_refused', async (_, change, sentence) => {
    const refused = encode(first, withColumns(second, change));
    await expect(refused).rejects.toThrow(OtherColumns);
    await expect(refused).rejects.toThrow(sentence);
  });
});

function nothing(type: Struct): Data {
  const children = type.children.map((field) => {
    const none = { length: 1, nullCount: 1, nullBitmap: new Uint8Array(8) };
    return field.type instanceof Utf8
      ? makeData({ type: field.type, ...none, valueOffsets: new Int32Array(2), data: new Uint8Array(0) })
      : makeData({ type: field.type as Int32, ...none, data: new Int32Array(1) });
  });
  return makeData({ type, length: 1, nullCount: 1, nullBitmap: new Uint8Array(8), children });
}
