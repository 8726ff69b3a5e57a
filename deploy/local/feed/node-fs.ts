import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { addToTotals, emptyTotals, entryOfLine, type LedgerEntry, type LedgerTotals } from './ledger.ts';

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

/** A ledger that is being written. */
export interface LedgerWriter {
  readonly path: string;
  /** Resolves when the lines are in the file. Hand over only what the broker has acknowledged. */
  append(entries: readonly LedgerEntry[]): Promise<void>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/** The ledger's path of a run in a stack's directory. */
export function ledgerPath(stackDirectory: string, run: string): string {
  return join(stackDirectory, 'feed', `${run}.jsonl`);
}

/** Starts the ledger of a run. Refuses a run that has one: its uuids would be used twice. */
export async function createLedger(stackDirectory: string, run: string): Promise<LedgerWriter> {
  const path = ledgerPath(stackDirectory, run);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'ax').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new Error(`The run ${run} has a ledger already (${path}): its uuids are used. Choose another --run.`);
  });
  return {
    path,
    async append(entries) {
      if (entries.length > 0) await file.appendFile(`${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`);
    },
    async close() {
      await file.sync();
      await file.close();
    },
  };
}

/** The entries of a ledger, in the order in which the broker acknowledged them, one at a time. */
export async function* ledgerEntries(path: string): AsyncGenerator<LedgerEntry> {
  let lineNumber = 0;
  for await (const line of linesOf(path)) {
    lineNumber += 1;
    yield entryOfLine(line, lineNumber);
  }
}

/** What a ledger says must be delivered and rejected. */
export async function readTotals(path: string): Promise<LedgerTotals> {
  const totals = emptyTotals();
  for await (const entry of ledgerEntries(path)) addToTotals(totals, entry);
  return totals;
}
