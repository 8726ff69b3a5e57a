import { readFile } from 'node:fs/promises';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type CanonicalRow, canonicalRow } from './canonical.ts';

/** The rows of a Parquet file, in its order, as hyparquet reads them. */
export async function readByHyparquet(path: string): Promise<CanonicalRow[]> {
  return rowsByHyparquet(await readFile(path));
}

/** The rows of an object that is in memory. */
export async function rowsByHyparquet(bytes: Uint8Array): Promise<CanonicalRow[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return (await parquetReadObjects({ file, compressors })).map(canonicalRow);
}
