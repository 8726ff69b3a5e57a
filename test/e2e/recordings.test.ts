import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DemoCustomer } from '@tributary/local/demo/customer.ts';
import { type Demo, startDemo } from '@tributary/local/demo/demo.ts';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { recordingRecords } from '@tributary/local/feed/sources.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type DeliveredObject, deliveredTo, untilDelivered } from '../tools/delivered.ts';
import { brokenRules, uuidOf } from '../tools/lake-rules.ts';
import { openDuckdb } from '../tools/readers/duckdb.ts';
import { readByPyarrow } from '../tools/readers/pyarrow.ts';

const windowSeconds = 5;
const recordings = ['wmic-add-user-backdoor', 'lsass-sharpdump'];
const fileOf = (name: string) => join(repositoryRoot, '../shared/data/windows-events', `${name}.jsonl.gz`);
const present = recordings.filter((name) => existsSync(fileOf(name)));

if (present.length < recordings.length) {
  console.warn(
    `Skipped: recordings that are not in ../shared/data/windows-events: ${recordings.filter((name) => !present.includes(name)).join(', ')}`,
  );
}

(present.length > 0 ? describe : describe.skip).each(present.length > 0 ? present : recordings)(
  'the recorded attack %s',
  (name) => {
    const suffix = String(randomInt(1e6)).padStart(6, '0');
    const customer: DemoCustomer = {
      account: `821000${suffix}`,
      bucketName: `aws-security-data-lake-us-east-1-rec-${suffix}`,
      eventClasses: eventClassNames,
    };
    let demo: Demo;
    let directory: string;
    let objects: DeliveredObject[];

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tributary-recording-'));
      const run = `recording-${suffix}`;
      demo = await startDemo({
        dir: process.env.TRIBUTARY_LOCAL_DIR!,
        windowSeconds,
        customers: [customer],
        run,
        records: () => recordingRecords(fileOf(name), { run, accounts: [customer.account], onSkipped: () => {} }),
        jsonShare: 0,
        onNotice: () => {},
      });
      await demo.fed;
      await untilDelivered(demo, windowSeconds);
      await demo.download(directory);
      objects = await deliveredTo(directory, [customer]);
    }, 400_000);

    afterAll(async () => {
      await demo?.stop();
      await rm(directory, { recursive: true, force: true });
    }, 60_000);

    it('arrives whole: in each class, what was fed is what was delivered', () => {
      expect(demo.proof.wrong()).toEqual([]);
      expect([...demo.proof.reasons()]).toEqual([]);
      for (const { fed, delivered, waiting } of demo.proof.totals()) {
        expect(fed).toBeGreaterThan(0);
        expect({ delivered, waiting }).toEqual({ delivered: fed, waiting: 0 });
      }
    });

    it('keeps every rule of Security Lake and OCSF in every object', async () => {
      const broken: string[] = [];
      for (const { eventClass, key, path, rows } of objects) {
        broken.push(
          ...brokenRules(key, await readFile(path), rows, {
            eventClass,
            region: 'us-east-1',
            account: customer.account,
            awsAccountOf: () => undefined,
          }),
        );
      }
      expect(broken.slice(0, 20)).toEqual([]);
      const uuids = objects.flatMap(({ rows }) => rows.map(uuidOf));
      expect(new Set(uuids).size).toBe(uuids.length);
    }, 60_000);

    it('is read alike by DuckDB, pyarrow and hyparquet', async () => {
      const duckdb = await openDuckdb();
      const byPyarrow = await readByPyarrow(objects.map(({ path }) => path));
      const different: string[] = [];
      for (const [at, { key, path, rows }] of objects.entries()) {
        const wanted = rows.map((row) => JSON.stringify(row));
        const readers = { duckdb: await duckdb.read(path), pyarrow: byPyarrow[at]! };
        for (const [reader, read] of Object.entries(readers)) {
          if (read.length !== wanted.length)
            different.push(`${key}: ${reader} reads ${read.length} rows of ${wanted.length}`);
          const row = read.findIndex((one, index) => JSON.stringify(one) !== wanted[index]);
          if (row >= 0)
            different.push(`${key}: ${reader} reads row ${row} as ${JSON.stringify(read[row])}, not ${wanted[row]}`);
        }
      }
      duckdb.close();
      expect(different).toEqual([]);
    }, 240_000);
  },
);
