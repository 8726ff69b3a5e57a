import { zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { batchRecordsMax, decodeBatches, newBudget, rawBatchBytesMax } from './kafkajs-batches.ts';
import { batchBytesMax, registerCodecs, zstd } from './kafkajs-codecs.ts';

const zstdCodec = 4;
const inTransaction = 0x10;
const control = 0x20;

interface Batch {
  readonly firstOffset: number;
  readonly count?: number;
  readonly attributes?: number;
  readonly producerId?: number;
  readonly magic?: number;
  /** What stands behind the header. */
  readonly body?: Buffer;
}

/** Records of one byte each, by position. */
const recordsOf = (count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.from([14, 0, 0, i * 2, 1, 2, 97 + i, 0])));

function batchOf({ firstOffset, count = 1, attributes = 0, producerId = -1, magic = 2, body }: Batch): Buffer {
  const header = Buffer.alloc(61);
  const records = body ?? recordsOf(count);
  header.writeBigInt64BE(BigInt(firstOffset), 0);
  header.writeInt32BE(61 - 12 + records.length, 8);
  header[16] = magic;
  header.writeInt16BE(attributes | 8, 21);
  header.writeInt32BE(count - 1, 23);
  header.writeBigInt64BE(1_700_000_000_000n, 35);
  header.writeBigInt64BE(BigInt(producerId), 43);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, records]);
}

const decode = (batches: readonly Buffer[], aborted: Parameters<typeof decodeBatches>[1] = [], budget = newBudget()) =>
  decodeBatches(Buffer.concat(batches), aborted, budget);
const seen = (messages: Awaited<ReturnType<typeof decode>>) =>
  messages.map((one) => (one.undecodable ? 'broken' : one.isControlRecord ? 'hidden' : `${one.value}`) + one.offset);

describe('the batches of a fetched partition', () => {
  beforeAll(() => registerCodecs());

  const sound = (firstOffset: number, count: number) =>
    batchOf({ firstOffset, count, attributes: zstdCodec, body: zstd.compress(recordsOf(count)) });
  const bomb = zstdCompressSync(Buffer.alloc(batchBytesMax + 1));
  const broken = (firstOffset: number, more: Partial<Batch> = {}) =>
    batchOf({ firstOffset, count: 3, attributes: zstdCodec, body: bomb, ...more });

  it('are_decoded_one_after_the_other_and_a_cut_one_at_the_end_is_left_out', async () => {
    const cut = sound(5, 1).subarray(0, -1);
    expect(seen(await decode([sound(0, 2), batchOf({ firstOffset: 2, count: 3 }), cut]))).toEqual([
      'a0',
      'b1',
      'a2',
      'b3',
      'c4',
    ]);
  });

  it('end_before_one_that_cannot_be_decoded', async () => {
    expect(seen(await decode([sound(0, 2), broken(2), sound(5, 1)]))).toEqual(['a0', 'b1']);
  });

  it('say_so_of_one_that_cannot_be_decoded_and_comes_first', async () => {
    const batch = broken(7);
    const messages = await decode([batch, sound(10, 1)]);
    expect(seen(messages)).toEqual(['broken9']);
    expect(messages[0]!.undecodable).toMatchObject({
      firstOffset: 7,
      lastOffset: 9,
      timestamp: 1_700_000_000_000,
      size: batch.length,
      reason: expect.stringContaining('larger than'),
    });
    expect(messages[0]!.undecodable!.bytes!.equals(batch)).toBe(true);
  });

  it.each<[string, Partial<Batch>]>([
    ['bytes_that_are_not_compressed', { body: Buffer.from('nonsense') }],
    ['records_that_end_too_early', { attributes: 0, body: recordsOf(2) }],
    ['more_records_than_fit_into_memory', { count: batchRecordsMax + 1 }],
    ['an_unknown_codec', { attributes: 6, body: recordsOf(3) }],
    ['an_old_format', { magic: 1 }],
  ])('cannot_be_decoded_with_%s', async (_, changes) => {
    const messages = await decode([broken(0, changes), sound(3, 1)]);
    expect(messages.map(({ undecodable }) => undecodable?.firstOffset)).toEqual([0]);
  });

  it('keep_no_bytes_of_a_large_one', async () => {
    const body = Buffer.alloc(rawBatchBytesMax);
    const [message] = await decode([broken(0, { body })]);
    expect(message!.undecodable).toMatchObject({ bytes: undefined, size: body.length + 61 });
  });

  it('hide_one_of_an_aborted_transaction_without_decoding_it', async () => {
    const messages = await decode(
      [
        broken(0, { attributes: zstdCodec | inTransaction, producerId: 4 }),
        batchOf({ firstOffset: 3, attributes: inTransaction | control, producerId: 4 }),
        batchOf({ firstOffset: 4, attributes: inTransaction, producerId: 4 }),
      ],
      [{ producerId: '4', firstOffset: 0 }],
    );
    expect(seen(messages)).toEqual(['hidden2', 'hidden3', 'a4']);
  });

  it('wait_for_the_next_fetch_when_the_budget_of_this_one_is_spent', async () => {
    const budget = { bytesLeft: 1 };
    expect(seen(await decode([sound(0, 2), sound(2, 2)], [], budget))).toEqual(['a0', 'b1']);
    expect(await decode([sound(0, 2)], [], budget)).toEqual([]);
  });
});
