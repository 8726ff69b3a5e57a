import { describe, expect, it } from '@jest/globals';
import { planSends, recordBytes } from './publish-plan.ts';
import type { OutgoingRecord } from './stream.ts';

const limits = { batchBytesMax: 1_000, batchRecordsMax: 4, requestBytesMax: 1_500 };
const record = (partition: number, bytes: number): OutgoingRecord => ({
  topic: 't',
  partition,
  key: null,
  value: Buffer.alloc(bytes),
});
/** A fixed sequence without a pattern, so that a failure can be repeated. */
const mixed = Array.from({ length: 500 }, (_, i) => record((i * 7919) % 5, (i * 104_729) % 900));

describe('the plan of sends', () => {
  it('sends_each_record_once_and_keeps_the_order_of_each_partition', () => {
    const order = planSends(mixed, limits).flat();
    expect([...order].sort((a, b) => a - b)).toEqual(mixed.map((_, index) => index));
    for (const partition of [0, 1, 2, 3, 4]) {
      const own = order.filter((index) => mixed[index]!.partition === partition);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  it('keeps_batches_and_requests_within_the_limits', () => {
    for (const send of planSends(mixed, limits)) {
      expect(send.reduce((sum, index) => sum + recordBytes(mixed[index]!), 0)).toBeLessThanOrEqual(1_500);
      for (const partition of [0, 1, 2, 3, 4]) {
        const batch = send.filter((index) => mixed[index]!.partition === partition);
        expect(batch.length).toBeLessThanOrEqual(4);
        expect(batch.reduce((sum, index) => sum + recordBytes(mixed[index]!), 0)).toBeLessThanOrEqual(1_000);
      }
    }
  });

  it('sends_a_record_larger_than_every_limit_alone', () => {
    expect(planSends([record(0, 10), record(0, 5_000), record(0, 10)], limits)).toEqual([[0], [1], [2]]);
  });
});
