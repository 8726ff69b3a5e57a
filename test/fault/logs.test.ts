import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { type Endpoints, readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { logFile } from '@tributary/local/processes.ts';
import { serviceNames } from '@tributary/local/services.ts';
import type { OutgoingRecord } from '@tributary/stream';
import { execa } from 'execa';
import { Marked, markedRequests } from '../tools/marked.ts';
import { OtlpCollector } from '../tools/otlp-collector.ts';
import { OwnRegistry } from '../tools/own-registry.ts';
import type { Customer } from './customer.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const patienceMs = 60_000;
const following = readFileSync(join(repositoryRoot, 'docs/following.md'), 'utf8');
const hasJq = ['/usr/bin/jq', '/usr/local/bin/jq', '/opt/homebrew/bin/jq'].some(existsSync);

type Line = Readonly<Record<string, unknown>>;

describe('what the services log when everything that customers and agents send is marked', () => {
  const collector = new OtlpCollector();
  let endpoints: Endpoints;
  let registry: OwnRegistry;
  let rig: FaultRig;
  let marked: Marked;
  let customer: Customer;
  let apiKey: string;
  const statuses: number[] = [];
  const began: Record<string, number> = {};
  /** A folder in which the logs of this run lie as on a local stack. */
  let folder: string;

  beforeAll(async () => {
    endpoints = readEndpoints(process.env.TRIBUTARY_LOCAL_DIR!);
    registry = await new OwnRegistry(endpoints.schemaRegistry).start();
    await collector.start();
    folder = await mkdtemp(join(tmpdir(), 'tributary-logs-'));
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    rig = new FaultRig({
      env: {
        ...{ LOG_LEVEL: 'debug', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SCHEMA_REGISTRY_URL: registry.url },
        ...{ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=marked-secret', SCHEMA_REGISTRY_USERNAME: 'agent' },
        ...{ SCHEMA_REGISTRY_PASSWORD: 'marked-secret' },
      },
    });
    for (const name of serviceNames)
      began[name] = existsSync(logFile(rig.dir, name)) ? statSync(logFile(rig.dir, name)).size : 0;
    await rig.start();
    endpoints = readEndpoints(rig.dir);
    customer = await rig.welcome();
    marked = new Marked(customer.account, encoder);

    registry.isAway = true;
    await produce(await marked.sound());
    await until('the consumer waits for the registry', patienceMs, () =>
      linesOf('consumer').some(({ fault }) => fault === 'schema-registry-unavailable'),
    );
    registry.isAway = false;
    await delivered(12);
    await produce(marked.poison());
    await until('poison is rejected', patienceMs, async () => {
      const count = await rig.metric('consumer', 'tributary_consumer_rejected_total');
      return count >= marked.poison().length;
    });
    await customer.refuse();
    await produce(await marked.sound());
    await until('objects are parked and tried again', patienceMs, () =>
      linesOf('flusher').some(({ msg }) => msg === 'a parked object is refused again'),
    );
    await customer.accept();
    await delivered(24);

    apiKey = await createAccountKey(endpoints, customer.account);
    const account = endpoints.awsUsers.customer.accountId;
    for (const [path, init] of markedRequests(marked.text, apiKey, account))
      statuses.push((await fetch(`${endpoints.registration}${path}`, init)).status);
    await rig.stop();
    mkdirSync(join(folder, '.local/log'), { recursive: true });
    for (const name of serviceNames) writeFileSync(join(folder, '.local/log', `${name}.log`), textOf(name));
  }, 300_000);

  afterAll(async () => {
    await rig?.stop();
    await registry?.stop();
    await collector.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function produce(records: readonly OutgoingRecord[]): Promise<void> {
    const publisher = rig.stream.publisher();
    await publisher.publish([...records]);
    await publisher.close();
  }

  const delivered = (rows: number) =>
    until(`${rows} rows delivered`, patienceMs, async () => {
      const receipts = (await customer.receipts()).filter(({ outcome }) => outcome === 'delivered');
      const objects = new Map(receipts.map((receipt) => [receipt.objectKey, receipt.rows]));
      return [...objects.values()].reduce((sum, count) => sum + count, 0) >= rows;
    });

  const textOf = (name: string) => readFileSync(logFile(rig.dir, name)).subarray(began[name]).toString();
  const rawLines = (name: string) =>
    textOf(name)
      .split('\n')
      .filter((line) => line !== '');
  const linesOf = (name: string): Line[] => rawLines(name).map((line) => JSON.parse(line) as Line);

  it('says_what_happened', () => {
    const messages = (name: string) => new Set(linesOf(name).map(({ msg }) => msg));
    const flusher = [
      'committed a window',
      'parked an object',
      'a parked object is refused again',
      'redelivered an object',
    ];
    expect([...messages('flusher')]).toEqual(expect.arrayContaining(flusher));
    const kinds = new Set(linesOf('registration').flatMap(({ status }) => status ?? []));
    expect([...kinds]).toEqual(expect.arrayContaining([400, 401, 404]));
    expect(statuses.filter((status) => status < 400)).toEqual([]);
  });

  it.each(serviceNames)('is_json_of_one_form_from_%s', (service) => {
    expect(rawLines(service).length).toBeGreaterThan(5);
    for (const line of linesOf(service)) {
      expect(line).toMatchObject({ service, level: expect.any(Number), msg: expect.any(String) });
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  it.each(serviceNames)('holds_nothing_of_it_and_no_secret_from_%s', (service) => {
    const { customer: lake, service: us } = endpoints.awsUsers;
    const secrets = [apiKey.split(':')[1]!, us.secretAccessKey, lake.secretAccessKey, 'marked-secret'];
    const theirs = [marked.text, customer.bucketName, 'AmazonSecurityLake-Provider', 'arn:aws:iam'];
    for (const line of rawLines(service))
      for (const text of [...secrets, ...theirs]) expect(line.toLowerCase()).not.toContain(text.toLowerCase());
  });

  /** What docs/following.md says to type, with names of this run in place of its examples. */
  const queries: Readonly<Record<string, (found: Line[]) => void>> = {
    'select(.requestId == "ID")': (found) => expect(found).toContainEqual(expect.objectContaining({ msg: 'answered' })),
    'select(.window == "ocsf.dns-activity/0/42")': (found) =>
      expect(found).toContainEqual(expect.objectContaining({ msg: 'committed a window' })),
    'select(.level >= 40) | {time, service, msg, fault, partition, window}': (found) => {
      expect(found).toContainEqual(
        expect.objectContaining({ service: 'flusher', msg: 'parked an object', fault: 'put-refused' }),
      );
      expect(found).toContainEqual(
        expect.objectContaining({ service: 'consumer', fault: 'schema-registry-unavailable' }),
      );
    },
    'select(.msg == "committed a window") | [.time, .window, .objects, .rows, .parked, .ms]': (found) => {
      const rows = found.map((line) => Number((line as unknown as unknown[])[3]));
      expect(rows.reduce((sum, count) => sum + count, 0)).toBe(24);
    },
    'select(.trace_id == "ID")': (found) =>
      expect(found).toContainEqual(expect.objectContaining({ msg: 'committed a window' })),
    'select(.partition == "agent.dns-activity-0")': (found) =>
      expect(found).toContainEqual(expect.objectContaining({ fault: 'schema-registry-unavailable' })),
    'select(.object != null) | [.time, .window, .object, .msg, .fault]': (found) => {
      const messages = found.map((line) => (line as unknown as unknown[])[3]);
      expect(new Set(messages)).toEqual(
        new Set(['parked an object', 'a parked object is refused again', 'redelivered an object']),
      );
    },
  };

  it('has_a_test_for_each_documented_query', () => {
    const documented = [...following.matchAll(/jq -c '([^']+)'/g)].map(([, query]) => query);
    expect(documented.sort()).toEqual(Object.keys(queries).sort());
  });

  (hasJq ? it.each : it.skip.each)(Object.keys(queries))(
    'answers_what_is_promised_to_jq: %s (needs jq)',
    async (query) => {
      const command = following.slice(following.indexOf(`jq -c '${query}'`)).split(/[\n`]/, 1)[0];
      const committed = linesOf('flusher').find(({ msg }) => msg === 'committed a window')!;
      const answered = linesOf('registration').find(({ msg }) => msg === 'answered')!;
      const held = linesOf('consumer').find(({ fault }) => fault === 'schema-registry-unavailable')!;
      const asked = command!
        .replace('.requestId == "ID"', `.requestId == "${answered.requestId}"`)
        .replace('.trace_id == "ID"', `.trace_id == "${committed.trace_id}"`)
        .replace('ocsf.dns-activity/0/42', String(committed.window))
        .replace('agent.dns-activity-0', String(held.partition));
      const { stdout } = await execa('sh', ['-c', asked], { cwd: folder });
      queries[query]!(stdout.split('\n').map((line) => JSON.parse(line)));
    },
  );
});
