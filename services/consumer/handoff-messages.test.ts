import { describe, expect, it } from '@jest/globals';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import fc from 'fast-check';
import { halves, messagesOf, type OutgoingRows, sectionsOf } from './handoff-messages.ts';

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

const outgoing = (list: readonly Shape[]): OutgoingRows => ({
  places: [...list.keys()],
  partitionOf: (place) => list[place]!.partition,
  bytesOf: (place) => list[place]!.bytes,
});

describe('the messages of a batch', () => {
  it('hold_each_row_once_in_source_offset_order_per_hand_off_partition', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        const messages = messagesOf(outgoing(list), limits);
        for (const partition of [0, 1, 2]) {
          const sent = messages
            .filter((message) => message.handoffPartition === partition)
            .flatMap(({ places }) => places);
          const wanted = list.flatMap((shape, offset) => (shape.partition === partition ? [offset] : []));
          expect(sent).toEqual(wanted);
        }
      }),
    );
  });

  it('hold_each_row_once_in_the_section_of_its_version_in_order_within_it', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        for (const message of messagesOf(outgoing(list), limits)) {
          const sections = sectionsOf(message, (place) => list[place]!.version);
          for (const { ocsfVersion, places } of sections)
            expect(places).toEqual(message.places.filter((place) => list[place]!.version === ocsfVersion));
          expect(sections.flatMap(({ places }) => places).toSorted((a, b) => a - b)).toEqual(message.places);
          expect(sections.every(({ places }) => places.length > 0)).toBe(true);
        }
      }),
    );
  });

  // The defect: a message ended where the version changed, so customers of two versions made messages of a row or two,
  // and each costs milliseconds whatever it holds.
  it('are_as_many_whichever_versions_meet_in_them', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        const alike = list.map((shape): Shape => ({ ...shape, version: '1.1.0' }));
        expect(messagesOf(outgoing(list), limits)).toEqual(messagesOf(outgoing(alike), limits));
      }),
    );
  });

  it('stay_within_the_limits', () => {
    fc.assert(
      fc.property(shapes, (list) => {
        for (const { places } of messagesOf(outgoing(list), limits)) {
          const bytes = places.reduce((sum, place) => sum + list[place]!.bytes, 0);
          expect(places.length).toBeLessThanOrEqual(limits.rowsMax);
          expect(places.length === 1 || bytes <= limits.sourceBytesMax).toBe(true);
        }
      }),
    );
  });

  it('are_cut_in_halves_that_lose_no_row', () => {
    const [message] = messagesOf(
      outgoing(Array.from({ length: 5 }, () => ({ partition: 0, version: '1.1.0', bytes: 1 }))),
    );
    const [first, second] = halves(message!);
    expect([...first.places, ...second.places]).toEqual(message!.places);
    expect(first.places.length).toBeGreaterThan(0);
    expect(second.places.length).toBeGreaterThan(0);
  });
});
