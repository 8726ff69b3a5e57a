import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { portionsOf } from './batch.ts';

const source = (sizes: readonly number[]) => ({
  topic: 'agent.file-activity',
  partition: 0,
  eventClass: 'file-activity' as const,
  records: sizes.map((size, offset) => ({
    offset,
    key: null,
    value: size === 0 ? null : Buffer.alloc(size),
    headers: {},
    timestamp: 0,
  })),
});

describe('portions of a fetched batch', () => {
  it('hold_every_record_once_in_order_and_stay_within_the_limits', () => {
    const limits = { records: 5, bytes: 100 };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const portions = [...portionsOf(source(sizes), limits)].map(({ records }) => records);
        expect(portions.flat().map(({ offset }) => offset)).toEqual(sizes.map((_, offset) => offset));
        for (const records of portions) {
          const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          expect(records.length).toBeGreaterThan(0);
          expect(records.length).toBeLessThanOrEqual(limits.records);
          expect(records.length === 1 || bytes <= limits.bytes).toBe(true);
        }
      }),
    );
  });
});
