const frameMagic = 0x184d2204;
const shortestFrameBytes = 7;

/** How many bytes LZ4 frames give when decompressed, counted without decompressing (lz4_Frame_format.md, version 1.6). */
export function lz4Length(frames: Buffer): number {
  let length = 0;
  let at = 0;
  while (at + shortestFrameBytes <= frames.length && frames.readUInt32LE(at) === frameMagic) {
    const flags = frames[at + 4]!;
    at += shortestFrameBytes + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    for (let size = frames.readUInt32LE(at); size !== 0; size = frames.readUInt32LE(at)) {
      const bytes = size & 0x7f_ff_ff_ff;
      const isCompressed = size < 0x80_00_00_00;
      length += isCompressed ? blockLength(frames.subarray(at + 4, at + 4 + bytes)) : bytes;
      at += 4 + bytes + (flags & 0x10 ? 4 : 0);
    }
    at += 4 + (flags & 0x04 ? 4 : 0);
  }
  return length;
}

/** A block is sequences of literals and a match, each with a length. */
function blockLength(block: Buffer): number {
  let length = 0;
  for (let at = 0; at < block.length; ) {
    const token = block[at]!;
    const [literals, literalsAt] = runLength(block, token >> 4, at + 1);
    length += literals;
    at = literalsAt + literals + 2;
    if (at > block.length) break; // the last sequence has no match
    const [match, next] = runLength(block, token & 15, at);
    length += match + 4;
    at = next;
  }
  return length;
}

/** A length of 15 goes on in the next bytes, up to the first that isn't 255; answers where what follows starts, too. */
function runLength(block: Buffer, first: number, from: number): [length: number, at: number] {
  if (first < 15) return [first, from];
  let at = from;
  while (block[at] === 255) at++;
  return [15 + 255 * (at - from) + (block[at] ?? 0), at + 1];
}
