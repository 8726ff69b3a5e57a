import { describe, expect, it } from '@jest/globals';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import fc from 'fast-check';
import type { RoutedRow } from './batch.ts';
import { halves, messagesOf } from './handoff-messages.ts';

interface Shape {
  readonly partition: number;
  readonly version: OcsfVersion;
  readonly bytes: number;
}
const shapes: fc.Arbitrary<Shape[]> = fc.array(
  fc.record({
    partition: fc.nat({ max: 2 }),
    version: fc.constantFrom<OcsfVersion[]>('1.1.0', '1.3.0'),
    bytes: fc.nat({ max: 60 }),
  }),
  { maxLength: 80 },
);
const limits = { rowsMax: 6, sourceBytesMax: 100 };

const routed = (list: readonly Shape[]): RoutedRow[] =>
  list.map(({ partition, version, bytes }, offset) => ({
    record: { offset, key: null, value: Buffer.alloc(bytes), headers: {}, timestamp: 0 },
    handoffPartition: partition,
    ocsfVersion: version,
    row: {} as RoutedRow['row'],
  }));

describe('the messages of a batch', () => {
  it('hold_each_row_once_in_source_offset_order_per_hand_off_partition', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        const messages = messagesOf(routed(list), limits);
        for (const partition of [0, 1, 2]) {
          const sent = messages.filter((message) => message.handoffPartition === partition).flatMap(({ rows }) => rows);
          const wanted = list.flatMap((shape, offset) => (shape.partition === partition ? [offset] : []));
          expect(sent.map(({ record }) => record.offset)).toEqual(wanted);
        }
      }),
    );
  });

  it('have_one_version_each_and_stay_within_the_limits', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        for (const { rows, ocsfVersion } of messagesOf(routed(list), limits)) {
          const bytes = rows.reduce((sum, { record }) => sum + record.value!.length, 0);
          expect(rows.every((row) => row.ocsfVersion === ocsfVersion)).toBe(true);
          expect(rows.length).toBeLessThanOrEqual(limits.rowsMax);
          expect(rows.length === 1 || bytes <= limits.sourceBytesMax).toBe(true);
        }
      }),
    );
  });

  it('are_cut_in_halves_that_lose_no_row', () => {
    const [message] = messagesOf(
      routed(Array.from({ length: 5 }, () => ({ partition: 0, version: '1.1.0', bytes: 1 }))),
    );
    const [first, second] = halves(message!);
    expect([...first.rows, ...second.rows]).toEqual(message!.rows);
    expect(first.rows.length).toBeGreaterThan(0);
    expect(second.rows.length).toBeGreaterThan(0);
  });
});
