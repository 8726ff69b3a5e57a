import { afterAll, expect, it, jest } from '@jest/globals';
import { batchOf, type Row, streamOf, withColumns } from '@tributary/lake/handoff.fixture.ts';
import { createEncoder } from './piscina.ts';

// A thread starts, with its Parquet writer.
jest.setTimeout(60_000);
const encoder = createEncoder(1);
afterAll(() => encoder.close());

const row: Row = {
  ...{ time: 1_767_312_000_000, time_dt: null, severity_id: 1, risk: 0.5, is_remote: true },
  ...{ message: 'm', class_name: 'File System Activity', device: null, hashes: null, unmapped: null },
};
const shared = (bytes: Uint8Array) => {
  const own = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  own.set(bytes);
  return own;
};

it('tells_by_a_fault_that_stops_the_partition_of_messages_without_the_same_columns_and_encodes_on', async () => {
  const batch = batchOf([row]);
  const other = withColumns(batch, (columns) => columns.filter(([{ name }]) => name !== 'risk'));
  const messages = [batch, other].map((one) => shared(streamOf([one])));
  const both = { message: Uint32Array.of(0, 1), row: Uint32Array.of(0, 0) };
  await expect(encoder.encode(messages, [both])).rejects.toMatchObject({
    code: 'invalid-handoff-message',
    message: expect.stringContaining('column risk is Float64 in one message and absent in another'),
  });
  expect(await encoder.encode(messages, [{ message: Uint32Array.of(0), row: Uint32Array.of(0) }])).toHaveLength(1);
});
