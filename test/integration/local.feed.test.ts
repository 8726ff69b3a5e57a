import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Endpoints, readEndpoints } from '@tributary/local/endpoints.ts';
import { feed } from '@tributary/local/feed/feed.ts';
import type { FeedRecord } from '@tributary/local/feed/feed-record.ts';
import { simulatedAccounts } from '@tributary/local/feed/fleet.ts';
import type { LedgerEntry } from '@tributary/local/feed/ledger.ts';
import { ledgerEntries, readTotals } from '@tributary/local/feed/node-fs.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { hardCaseRecords } from '@tributary/local/feed/sources.ts';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream } from '@tributary/stream';
import { exactLongs } from '@tributary/stream/avro-long.ts';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import avro from 'avsc';

const clock = { now: Date.now, sleep: (ms: number) => sleep(ms).then(() => undefined) };
const folder = mkdtempSync(join(tmpdir(), 'feed-'));
/** Another run, other uuids: the topics may hold those of earlier ones. */
const run = `test-${Date.now()}`;
let endpoints: Endpoints;
let stream: Stream;

beforeAll(async () => {
  endpoints = readEndpoints();
  stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'feed-test', log: silentLog });
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  await admin.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The schema behind an id as the registry gives it, not as we wrote it. */
async function typeOfSchema(id: number): Promise<avro.Type> {
  const answer = await fetch(`${endpoints.schemaRegistry}/schemas/ids/${id}`);
  const { schema } = (await answer.json()) as { schema: string };
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, {
    typeHook: exactLongs as unknown as (part: avro.Schema) => avro.Type | undefined,
  });
}

const types = new Map<number, avro.Type>();
async function uuidIn(value: Buffer): Promise<string> {
  if (value[0] !== 0) return (JSON.parse(value.toString()) as { uuid: string }).uuid;
  const id = value.readUInt32BE(1);
  const type = types.get(id) ?? (await typeOfSchema(id));
  types.set(id, type);
  return (type.fromBuffer(value.subarray(5)) as { uuid: string }).uuid;
}

/** The values of a ledger's places in Kafka, by place. */
async function valuesOf(entries: readonly LedgerEntry[]): Promise<Map<string, Buffer>> {
  const wanted = new Set(entries.map(placeOf));
  const values = new Map<string, Buffer>();
  const partitions = Map.groupBy(entries, ({ topic, partition }) => `${topic} ${partition}`);
  for (const [name, own] of partitions) {
    const [topic, partition] = name.split(' ') as [string, string];
    await stream.read({
      topic,
      partition: Number(partition),
      from: Math.min(...own.map(({ offset }) => offset)),
      onRecord({ offset, value }) {
        const place = placeOf({ topic, partition: Number(partition), offset });
        if (wanted.has(place)) values.set(place, Buffer.from(value!));
      },
    });
  }
  return values;
}
const placeOf = ({ topic, partition, offset }: Pick<LedgerEntry, 'topic' | 'partition' | 'offset'>) =>
  `${topic}/${partition}/${offset}`;

async function ledgerOf(name: string, records: Iterable<FeedRecord>, jsonShare = 0) {
  const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
  const fed = await feed(records, {
    run: name,
    stackDirectory: folder,
    stream,
    encoder,
    jsonShare,
    clock,
    compression: 'zstd',
  });
  const entries: LedgerEntry[] = [];
  for await (const entry of ledgerEntries(fed.ledgerPath)) entries.push(entry);
  return { entries, totals: await readTotals(fed.ledgerPath) };
}

describe('the feed into a real broker and registry', () => {
  it('has_each_event_of_the_ledger_at_its_place_in_avro_or_json', async () => {
    const accounts = simulatedAccounts(3);
    const options = { seed: 5, run, accounts, hostsPerAccount: 4, count: 2000, stepMs: 1, startMs: Date.now() };
    const { entries, totals } = await ledgerOf(run, simulate(options), 0.1);
    expect(totals.events).toBe(2000);
    const values = await valuesOf(entries);
    expect(values.size).toBe(2000);
    expect([...values.values()].filter((value) => value[0] !== 0).length).toBe(200);
    for (const entry of entries) expect(await uuidIn(values.get(placeOf(entry))!)).toBe(entry.uuid);
  });

  it('registers_the_same_schema_under_the_same_id', async () => {
    const first = await registerActivitySchemas(endpoints.schemaRegistry);
    const second = await registerActivitySchemas(endpoints.schemaRegistry);
    expect(second.schemaIdOf('dns-activity')).toBe(first.schemaIdOf('dns-activity'));
  });

  it('lands_poison_as_it_is_and_says_in_the_ledger_what_must_become_of_it', async () => {
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const hard = { account: simulatedAccounts(1)[0]!, run: `${run}-hard`, seed: 1 };
    const records = [...hardCaseRecords(hard, Date.now(), encoder.schemaIdOf)];
    const { entries, totals } = await ledgerOf(hard.run, records);
    expect(totals.events).toBe(records.length);
    expect([...totals.rejected.values()].reduce((sum, count) => sum + count, 0)).toBe(60);
    const values = await valuesOf(entries);
    const unreadable = entries.find(({ fault }) => fault === 'undecodable-avro')!;
    await expect(uuidIn(values.get(placeOf(unreadable))!)).rejects.toThrow();
    for (const entry of entries.filter(({ fate }) => fate === 'delivered'))
      expect(await uuidIn(values.get(placeOf(entry))!)).toBe(entry.uuid);
  });
});
