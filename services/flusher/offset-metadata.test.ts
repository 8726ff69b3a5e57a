import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { metadataBytesMax } from '@tributary/schemas/kafka/handoff-commit.ts';
import fc from 'fast-check';
import { Marks } from './marks.ts';
import { decodeHandoffState, encodeHandoffState, type HandoffState } from './offset-metadata.ts';

const offsets = fc.integer({ min: 0, max: 2 ** 45 });
const states = fc.record({
  incarnation: fc.stringMatching(/^[0-9a-f]{16}$/),
  openedAt: fc.integer({ min: 0, max: 2 ** 42 }),
  marks: fc.array(fc.tuple(fc.nat(3), fc.nat(60), offsets), { maxLength: 40 }),
  cut: fc.option(fc.record({ offset: offsets, partRows: fc.integer({ min: 1, max: 1_000_000 }) }), { nil: undefined }),
});

const faultOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as Fault).code;
  }
  return undefined;
};

describe('the metadata of a committed hand-off offset', () => {
  it('reads back whatever was written', () => {
    fc.assert(
      fc.property(states, ({ marks, cut, ...rest }) => {
        const state: HandoffState = { ...rest, marks: Marks.of(marks), ...(cut ? { cut } : {}) };
        const read = decodeHandoffState(encodeHandoffState(state));
        expect({ ...read, marks: [...read.marks.entries()] }).toEqual({ ...state, marks: [...state.marks.entries()] });
      }),
    );
  });

  it('has room for 300 source partitions at 10^12 records each', () => {
    const marks = Marks.of(
      Array.from({ length: 300 }, (_, partition) => [0, partition, 10 ** 12 + partition] as const),
    );
    const text = encodeHandoffState({
      incarnation: '0123456789abcdef',
      openedAt: 1_800_000_000_000,
      marks,
      cut: { offset: 10 ** 12, partRows: 1_000_000 },
    });
    expect(text.length).toBeLessThanOrEqual(metadataBytesMax);
  });

  it('is refused when it would not fit into what Kafka keeps', () => {
    const marks = Marks.of(Array.from({ length: 600 }, (_, partition) => [0, partition, 10 ** 12] as const));
    const act = () => encodeHandoffState({ incarnation: '0123456789abcdef', openedAt: 1, marks });
    expect(faultOf(act)).toBe('too-many-source-partitions');
  });

  it.each([
    '',
    '{}',
    '2;0123456789abcdef;a;;;',
    '1;xyz;a;;;',
    '1;0123456789abcdef;a;;',
    '1;0123456789abcdef;;;;',
    '1;0123456789abcdef;a;1;;',
    '1;0123456789abcdef;a;;;5',
    '1;0123456789abcdef;a;;;0:!',
  ])('is a fault when it reads %j', (text) => {
    expect(() => decodeHandoffState(text)).toThrow(Fault);
    expect(faultOf(() => decodeHandoffState(text))).toBe('invalid-offset-metadata');
  });
});
