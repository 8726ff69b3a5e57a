import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DemoCustomer } from '@tributary/local/demo/customer.ts';
import { type Demo, startDemo } from '@tributary/local/demo/demo.ts';
import type { ActivityEncoder } from '@tributary/local/feed/feed.ts';
import type { FeedRecord } from '@tributary/local/feed/feed-record.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { hardCaseRecords } from '@tributary/local/feed/sources.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type DeliveredObject, deliveredTo, untilDelivered } from '../tools/delivered.ts';
import { brokenRules, uuidOf } from '../tools/lake-rules.ts';
import type { CanonicalRow } from '../tools/readers/canonical.ts';
import { openDuckdb } from '../tools/readers/duckdb.ts';
import { readByPyarrow } from '../tools/readers/pyarrow.ts';

const windowSeconds = 4;

describe('a fleet of three accounts, fed as Avro and JSON with hard cases among it', () => {
  const suffix = String(randomInt(1e6)).padStart(6, '0');
  const customer = (at: number, eventClasses: readonly EventClass[]): DemoCustomer => ({
    account: `81${at}000${suffix}`,
    bucketName: `aws-security-data-lake-us-east-1-e2e-${suffix}-${at}`,
    eventClasses,
  });
  const all = customer(1, eventClassNames);
  const two = customer(2, ['process-activity', 'dns-activity']);
  const none = customer(3, []);
  const fed = new Map<string, FeedRecord>();
  let objects: DeliveredObject[] = [];
  let demo: Demo;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tributary-e2e-'));
    demo = await startDemo({
      dir: process.env.TRIBUTARY_LOCAL_DIR!,
      windowSeconds,
      customers: [all, two, none],
      run: `e2e-${suffix}`,
      records,
      jsonShare: 0.3,
      onNotice: () => {},
    });
    await demo.fed;
    await untilDelivered(demo, windowSeconds);
    await demo.download(directory);
    objects = await deliveredTo(directory, [all, two, none]);
  }, 300_000);

  afterAll(async () => {
    await demo?.stop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  function* records(encoder: ActivityEncoder): Generator<FeedRecord> {
    const accounts = [all, two, none].map(({ account }) => account);
    const fleet = simulate({
      accounts,
      hostsPerAccount: 10,
      run: `e2e-${suffix}`,
      seed: 7,
      startMs: Date.now(),
      count: 3_000,
      stepMs: 5,
    });
    const hard = hardCaseRecords(
      { account: all.account, run: `hard-${suffix}`, seed: 1 },
      Date.now(),
      encoder.schemaIdOf,
    );
    for (const source of [fleet, hard]) {
      for (const record of source) {
        fed.set(record.uuid, record);
        yield record;
      }
    }
  }

  const rowsOf = (customer: DemoCustomer) =>
    objects.filter((object) => object.customer === customer).flatMap(({ rows }) => rows);
  const fedTo = (owner: DemoCustomer) =>
    [...fed.values()].filter((record) => record.account === owner.account && record.fate === 'delivered');

  it('delivers, rejects or leaves out every event, each once, and nothing else', () => {
    expect(demo.proof.wrong()).toEqual([]);
    for (const { fed: count, delivered, rejected, notRegistered, waiting } of demo.proof.totals()) {
      expect(waiting).toBe(0);
      expect(delivered).toBeGreaterThan(0);
      expect(count).toBe(delivered + rejected + notRegistered);
    }
  });

  it('gives each account exactly its own: all classes, two of them, or nothing', () => {
    expect(rowsOf(all).map(uuidOf).sort()).toEqual(
      fedTo(all)
        .map(({ uuid }) => uuid)
        .sort(),
    );
    const wanted = fedTo(two).filter(({ eventClass }) => two.eventClasses.includes(eventClass));
    expect(wanted.length).toBeGreaterThan(0);
    expect(rowsOf(two).map(uuidOf).sort()).toEqual(wanted.map(({ uuid }) => uuid).sort());
    expect(fedTo(none).length).toBeGreaterThan(0);
    expect(rowsOf(none)).toEqual([]);
  });

  it('puts the events before and after midnight UTC into their own eventDay', () => {
    const ofTheHard = objects.filter(({ rows }) => rows.some((row) => fed.get(uuidOf(row))!.account === all.account));
    const days = new Set(ofTheHard.map(({ key }) => /eventDay=(\d{8})/.exec(key)![1]));
    expect(days.size).toBeGreaterThanOrEqual(2); // that each row lies in its own day is a rule of every object, below
  });

  it('keeps every rule of Security Lake and OCSF in every object', async () => {
    const awsAccountOf = (uuid: string) => {
      const { payload } = fed.get(uuid)!;
      return 'activity' in payload ? payload.activity.awsAccountId : undefined;
    };
    const broken: string[] = [];
    for (const { customer: owner, eventClass, key, path, rows } of objects) {
      broken.push(
        ...brokenRules(key, await readFile(path), rows, {
          eventClass,
          region: 'us-east-1',
          account: owner.account,
          awsAccountOf,
        }),
      );
    }
    expect(broken).toEqual([]);
    expect(objects.length).toBeGreaterThan(8);
  }, 60_000);

  it('has no metadata.uid twice in all the lakes', () => {
    const uuids = objects.flatMap(({ rows }) => rows.map(uuidOf));
    expect(new Set(uuids).size).toBe(uuids.length);
  });

  it('delivers a command line, a path and a registry value of 16 KB and 256 KB', () => {
    const lengths = (pick: (row: CanonicalRow) => unknown) =>
      rowsOf(all).map((row) => Buffer.byteLength(String(pick(row) ?? '')));
    const of = (row: CanonicalRow, ...path: string[]) =>
      path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], row);
    expect(lengths((row) => of(row, 'process', 'cmd_line'))).toEqual(expect.arrayContaining([16_384, 262_144]));
    expect(lengths((row) => of(row, 'file', 'path'))).toEqual(expect.arrayContaining([16_384, 262_144]));
    expect(lengths((row) => of(row, 'reg_value', 'data'))).toEqual(expect.arrayContaining([16_384, 262_144]));
  });

  it('is read alike by DuckDB, pyarrow and hyparquet', async () => {
    const duckdb = await openDuckdb();
    const byPyarrow = await readByPyarrow(objects.map(({ path }) => path));
    for (const [at, { key, path, rows }] of objects.entries()) {
      expect({ key, rows: await duckdb.read(path) }).toEqual({ key, rows });
      expect({ key, rows: byPyarrow[at] }).toEqual({ key, rows });
    }
    duckdb.close();
  }, 120_000);
});
