import { Fault } from '@tributary/schemas/faults.ts';
import { Piscina } from 'piscina';
import type * as worker from './encode-worker.ts';
import type { Encoder } from './partition.ts';

const entry: keyof typeof worker = 'encodeInThread';

/**
 * The encoder in worker threads. A thread that fails (a Parquet panic) is replaced by the pool, and the cut is encoded anew by
 * its owner. Rejects with `Fault('invalid-handoff-message')` where messages of one schema don't have the same columns: trying
 * again would change nothing.
 */
export function createEncoder(threads: number): Encoder & { close(): Promise<void> } {
  const pool = new Piscina<worker.EncodeCut, worker.ThreadAnswer>({
    filename: new URL('./encode-worker.ts', import.meta.url).href,
    name: entry,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    encode: async (messages, objects, signal) => {
      if (objects.length === 0) return [];
      const answer = await pool.run({ messages, objects }, signal && { signal });
      if ('otherColumns' in answer) throw new Fault('invalid-handoff-message', answer.otherColumns);
      return [...answer];
    },
    close: () => pool.destroy(),
  };
}
