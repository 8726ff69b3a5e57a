import { gunzipSync, gzipSync, constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync as snappyCompress, uncompressSync as snappyUncompress } from 'snappy';
import { lz4Length } from './lz4-length.ts';

/** The most that one record batch may hold decompressed. A larger one counts as undecodable. */
export const batchBytesMax = 256 * 1_048_576;

interface Codec {
  compress(bytes: Buffer): Buffer;
  decompress(bytes: Buffer): Buffer;
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;
const xerialBlockBytes = 65_536;

/** Snappy as snappy-java frames it (what Java clients write), and bare snappy as other clients write it. */
export const snappy: Codec = {
  compress(bytes) {
    const header = Buffer.alloc(xerialHeaderBytes);
    xerialMagic.copy(header);
    header.writeInt32BE(1, 8);
    header.writeInt32BE(1, 12);
    const parts: Buffer[] = [header];
    for (let at = 0; at < bytes.length; at += xerialBlockBytes) {
      const block = snappyCompress(bytes.subarray(at, at + xerialBlockBytes));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  decompress(bytes) {
    if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return uncompressBounded(bytes, batchBytesMax);
    const parts: Buffer[] = [];
    let left = batchBytesMax;
    for (let at = xerialHeaderBytes; at < bytes.length; ) {
      const end = at + 4 + bytes.readInt32BE(at);
      if (end <= at) throw new Error('a snappy block of less than no bytes');
      const part = uncompressBounded(bytes.subarray(at + 4, end), left);
      parts.push(part);
      left -= part.length;
      at = end;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  },
};

/** A snappy block starts with its uncompressed length as a varint: read before anything is allocated for it. */
function uncompressBounded(block: Buffer, bytesMax: number): Buffer {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  if (length > bytesMax) throw new Error(`a snappy batch of ${length} bytes is larger than ${bytesMax}`);
  return snappyUncompress(block, { asBuffer: true }) as Buffer;
}

/** Gzip; refuses what grows beyond `batchBytesMax`. */
export const gzip: Codec = {
  compress: (bytes) => gzipSync(bytes, { level: 6 }),
  decompress: (bytes) => gunzipSync(bytes, { maxOutputLength: batchBytesMax }),
};

/** LZ4 frames, as every client of Kafka writes them; refuses what would grow beyond `batchBytesMax`. */
export const lz4: Codec = {
  compress: (bytes) => compressFrameSync(bytes),
  decompress(bytes) {
    const length = lz4Length(bytes);
    if (length > batchBytesMax) throw new Error(`an lz4 batch of ${length} bytes is larger than ${batchBytesMax}`);
    return decompressFrameSync(bytes);
  },
};

/** Zstandard; refuses what grows beyond `batchBytesMax`. */
export const zstd: Codec = {
  compress: (bytes) => zstdCompressSync(bytes, { params: { [zlib.ZSTD_c_compressionLevel]: 3 } }),
  decompress: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: batchBytesMax }),
};

/**
 * Gives kafkajs all four codecs of Kafka. Without it the first batch of a producer that compresses with anything but
 * gzip stops the consumer for good. Synchronous: twice as fast as the thread pool for batches of this size.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const register = (type: keyof typeof CompressionCodecs, codec: Codec) => {
    CompressionCodecs[type] = () => ({
      compress: async (encoder: { buffer: Buffer }) => codec.compress(encoder.buffer),
      decompress: async (bytes: Buffer) => codec.decompress(bytes),
    });
  };
  register(CompressionTypes.GZIP, gzip);
  register(CompressionTypes.Snappy, snappy);
  register(CompressionTypes.LZ4, lz4);
  register(CompressionTypes.ZSTD, zstd);
}
