import { expect, it, jest } from '@jest/globals';
import type { OwnedPartition } from '../partition.ts';
import { encode } from './encode.ts';

// A message that says it has rows which the plan doesn't see stands for any bug that loses rows between the two.
it('encodes_nothing_when_a_collected_row_is_in_no_object', async () => {
  const encoder = { encode: jest.fn<() => Promise<never[]>>() };
  const kept = { length: 1, [Symbol.iterator]: () => [][Symbol.iterator](), forEach() {} };
  const owned = {
    ...{ topic: 'ocsf.dns-activity', partition: 0, incarnation: 'ab', cut: { offset: 1, partRows: 10 } },
    collector: { upTo: () => [{ offset: 0, bytes: new Uint8Array(), rows: {}, schemaFingerprint: 'f', kept }] },
    parts: { encoder },
  } as unknown as OwnedPartition;
  await expect(encode(owned)).rejects.toMatchObject({ code: 'unaccounted' });
  expect(encoder.encode).not.toHaveBeenCalled();
});
