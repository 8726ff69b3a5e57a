import { Piscina } from 'piscina';
import type { EncodeCut, ParquetObject } from './encode-worker.ts';
import type { Encoder } from './partition.ts';

/** The encoder in worker threads. A thread that fails (a Parquet panic) is replaced by the pool, and the cut is encoded anew by its owner. */
export function createEncoder(threads: number): Encoder & { close(): Promise<void> } {
  const pool = new Piscina<EncodeCut, ParquetObject[]>({
    filename: new URL('./encode-worker.ts', import.meta.url).href,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    encode: async (messages, objects, signal) =>
      objects.length === 0 ? [] : pool.run({ messages, objects }, signal && { signal }),
    close: () => pool.destroy(),
  };
}
