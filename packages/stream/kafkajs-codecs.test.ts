import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { compressSync } from 'snappy';
import { batchBytesMax, gzip, lz4, snappy, zstd } from './kafkajs-codecs.ts';

const bytes = Buffer.from('tributary '.repeat(50_000));

describe('codecs', () => {
  it.each(Object.entries({ gzip, lz4, snappy, zstd }))('%s_gives_back_what_it_was_given', (_, codec) => {
    for (const value of [Buffer.alloc(0), Buffer.from('x'), bytes]) {
      const read = value.length === 0 && codec === snappy ? value : codec.decompress(codec.compress(value));
      expect(Buffer.compare(read, value)).toBe(0);
    }
    expect(codec.compress(bytes).length).toBeLessThan(bytes.length / 5);
  });

  it('reads_bare_snappy_as_other_clients_write_it', () => {
    expect(Buffer.compare(snappy.decompress(compressSync(bytes)), bytes)).toBe(0);
  });

  it('refuse_what_would_grow_beyond_the_bound', () => {
    const zeros = Buffer.alloc(batchBytesMax + 1);
    const bombs = [
      () => zstd.decompress(zstdCompressSync(zeros)),
      () => gzip.decompress(gzipSync(zeros, { level: 1 })),
    ];
    for (const bomb of bombs) expect(bomb).toThrow(/larger than/);
    const frame = lz4.compress(zeros);
    expect(() => lz4.decompress(frame)).toThrow(`an lz4 batch of ${zeros.length} bytes is larger than`);
  });

  it('refuses_a_snappy_batch_that_claims_to_be_huge', () => {
    const claim = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08, 0]);
    expect(() => snappy.decompress(claim)).toThrow(`larger than ${batchBytesMax}`);
  });
});
