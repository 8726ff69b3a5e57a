import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codecs } from './producers/record-to-send.ts';

/** Where the fields of a record batch lie (kafka.apache.org/documentation/#recordbatch). */
const attributesAt = 21;
const lastOffsetDeltaAt = 23;
const headerBytes = 61;
const codecMask = 0x07;

/** A batch as it lies in the log. */
interface LoggedBatch {
  readonly first: number;
  readonly last: number;
  readonly codec: (typeof codecs)[number];
}

/**
 * How the batches of a partition are compressed, read from the files of the local broker, which keeps them as their
 * producer made them: a client may send a batch uncompressed that wouldn't become smaller.
 */
export async function codecsInLog(
  stackDir: string,
  topic: string,
  partition: number,
): Promise<(offset: number) => string> {
  const folder = join(stackDir, 'data/kafka', `${topic}-${partition}`);
  const batches: LoggedBatch[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.log')))
    batches.push(...batchesOf(await readFile(join(folder, name))));
  return (offset) => batches.find(({ first, last }) => first <= offset && offset <= last)?.codec ?? 'not there';
}

function* batchesOf(segment: Buffer): Generator<LoggedBatch> {
  // Segments are made as large as they may become: behind the last batch there are zeros.
  for (let at = 0; at + headerBytes <= segment.length; ) {
    const size = segment.readInt32BE(at + 8);
    if (size <= 0) return;
    const first = Number(segment.readBigInt64BE(at));
    const codec = codecs[segment.readInt16BE(at + attributesAt) & codecMask]!;
    yield { first, last: first + segment.readInt32BE(at + lastOffsetDeltaAt), codec };
    at += 12 + size;
  }
}
