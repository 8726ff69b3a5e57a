import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** The lines of a text file, `.gz` too, one at a time; empty lines are left out. Rejects as soon as the file can't be read. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  // A pipe doesn't pass errors on, and readline would wait for ever.
  file.on('error', (error) => bytes.destroy(error));
  const lines = createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield line;
  if (bytes.errored) throw bytes.errored;
}
