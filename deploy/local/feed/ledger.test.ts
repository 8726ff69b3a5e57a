import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { FeedRecord } from './feed-record.ts';
import { entryOf, entryOfLine, isRunName } from './ledger.ts';
import { createLedger, ledgerEntries, ledgerPath, linesOf, readTotals } from './node-fs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
afterAll(() => rmSync(folder, { recursive: true }));

const position = { topic: 'agent.file-activity', partition: 1, offset: 7 };
const record = (uuid: string, changes: Partial<FeedRecord> = {}): FeedRecord => ({
  eventClass: 'file-activity',
  uuid,
  account: '900000000001',
  time: 5,
  key: 'k',
  fate: 'delivered',
  payload: { bytes: Buffer.alloc(0) },
  ...changes,
});

async function allOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('the ledger of a feed', () => {
  it('reads_back_every_entry_in_order_and_counts_by_class_account_and_fault', async () => {
    const ledger = await createLedger(folder, 'run1');
    const poison = record('c', { fate: 'rejected', fault: 'invalid-account' });
    await ledger.append([entryOf(record('a'), position), entryOf(record('b', { account: '900000000002' }), position)]);
    await ledger.append([]);
    await ledger.append([entryOf(poison, position), entryOf(record('d', { eventClass: 'dns-activity' }), position)]);
    await ledger.close();
    const uuids = [];
    for await (const entry of ledgerEntries(ledgerPath(folder, 'run1'))) uuids.push(entry.uuid);
    expect(uuids).toEqual(['a', 'b', 'c', 'd']);
    const totals = await readTotals(ledger.path);
    expect(totals).toEqual({
      events: 4,
      delivered: new Map([
        [
          'file-activity',
          new Map([
            ['900000000001', 1],
            ['900000000002', 1],
          ]),
        ],
        ['dns-activity', new Map([['900000000001', 1]])],
      ]),
      rejected: new Map([['invalid-account', 1]]),
    });
  });

  it('refuses_a_run_that_has_a_ledger', async () => {
    await (await createLedger(folder, 'run2')).close();
    await expect(createLedger(folder, 'run2')).rejects.toThrow('Choose another --run.');
  });

  it('names_the_line_that_is_broken', async () => {
    expect(() => entryOfLine('{"uuid":"a"', 3)).toThrow('Line 3 of the ledger is no JSON');
    expect(() => entryOfLine('{}', 4)).toThrow('Line 4 of the ledger has no uuid');
  });

  it('takes_only_names_that_are_file_names_for_a_run', () => {
    expect(['a', '20261124T014100Z', 'sim-1.2'].every(isRunName)).toBe(true);
    expect(['', '../x', 'a/b', '.x', 'a b', 'x'.repeat(65)].some(isRunName)).toBe(false);
  });
});

describe('the lines of a file', () => {
  it('reads_gz_and_plain_files_alike_without_empty_lines', async () => {
    writeFileSync(join(folder, 'plain.jsonl'), 'a\n\nb');
    writeFileSync(join(folder, 'packed.jsonl.gz'), gzipSync('a\n\nb\n'));
    for (const name of ['plain.jsonl', 'packed.jsonl.gz'])
      expect(await allOf(linesOf(join(folder, name)))).toEqual(['a', 'b']);
  });

  it('fails_on_a_file_that_is_missing_or_cut_off', async () => {
    writeFileSync(join(folder, 'cut.gz'), gzipSync('a\nb\n'.repeat(1000)).subarray(0, 30));
    await expect(allOf(linesOf(join(folder, 'none.gz')))).rejects.toThrow('ENOENT');
    await expect(allOf(linesOf(join(folder, 'none')))).rejects.toThrow('ENOENT');
    await expect(allOf(linesOf(join(folder, 'cut.gz')))).rejects.toThrow('unexpected end of file');
  });
});
