import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { compressFrameSync } from 'lz4-napi';
import { lz4Length } from './lz4-length.ts';

const noise = (bytes: number) => {
  const parts: Buffer[] = [];
  for (let i = 0; i * 64 < bytes; i++) parts.push(createHash('sha512').update(String(i)).digest());
  return Buffer.concat(parts).subarray(0, bytes);
};
const contents = [
  ...[0, 1, 14, 15, 16, 269, 270, 271, 300, 70_000].flatMap((bytes) => [Buffer.alloc(bytes), noise(bytes)]),
  ...[1, 13, 18, 19, 20, 273, 274, 275, 5_000_000].map((bytes) =>
    Buffer.concat([noise(40), Buffer.alloc(bytes), noise(9)]),
  ),
  Buffer.from('tributary '.repeat(500_000)),
  Buffer.concat([noise(300_000), Buffer.alloc(300_000), noise(300_000)]),
];

it('counts_what_frames_give_without_decompressing_them', () => {
  for (const bytes of contents)
    for (const options of [{}, { contentChecksum: true }, { blockChecksums: true }]) {
      const frame = compressFrameSync(bytes, options);
      expect(lz4Length(frame)).toBe(bytes.length);
      expect(lz4Length(Buffer.concat([frame, frame]))).toBe(2 * bytes.length);
    }
});
