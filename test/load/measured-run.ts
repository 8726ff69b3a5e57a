/** A run of the services on a local stack: what it took beside what `tributary plan` says, and pictures of its dashboards. */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/services.ts';
import { ensureProgram } from '@tributary/local/tools.ts';
import { type PrometheusServer, startPrometheus } from '@tributary/observe/prometheus-server.ts';
import { rulesAt } from '@tributary/observe/rules.ts';
import { execa } from 'execa';
import type { Customer } from '../fault/customer.ts';
import { residentMaxOf } from '../fault/flood-peaks.ts';
import { HeldLake } from '../fault/held-lake.ts';
import { FaultRig } from '../fault/rig.ts';
import { besidePlan, type ServiceUse, tableOf, withPart } from './beside-plan.ts';

const help = `Feeds a running stack for a while, and says what the services took, beside the plan for the same input.

  npm run measure -- --dir DIR [options]

  --dir        the directory of a running stack: npx tributary stack up --dir DIR --port-base 0
  --rate       events a second (400)
  --seconds    for how long (180)
  --customers  with six registrations each (3)
  --window     seconds (20)
  --write      puts the table into docs/capacity.md
  --pictures   a folder: in the middle third of the run one customer's lake refuses, and some events are no activities, so that
               there is something to see; draws the dashboards there, from a Prometheus that watched. Its figures aren't the plan's.
`;

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    rate: { type: 'string', default: '400' },
    seconds: { type: 'string', default: '180' },
    customers: { type: 'string', default: '3' },
    window: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
    pictures: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const jsonShare = 0.33;
/** As in `deploy/kubernetes/base/settings/consumer.env`. */
const lingerSeconds = 10;
const idleSeconds = 30;
const scrapeSeconds = 2;
const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

if (values.help || values.dir === undefined) {
  process.stdout.write(help);
  process.exitCode = values.help ? 0 : 2;
} else await measure(values.dir);

async function measure(dir: string): Promise<void> {
  if (values.pictures !== undefined) await ensureProgram('prometheus', say);
  const windowSeconds = Number(values.window);
  const lakes = await HeldLake.open(readEndpoints(dir).aws);
  const envOf = (name: string): Record<string, string> => {
    if (name === 'flusher') return { AWS_ENDPOINT_URL: lakes.url };
    return name === 'consumer' ? { LINGER_MS: String(lingerSeconds * 1_000) } : {};
  };
  const rig = new FaultRig({ windowSeconds, envOf }, dir);
  let prometheus: PrometheusServer | undefined;
  try {
    await rig.start();
    const customers: Customer[] = [];
    for (let count = Number(values.customers); count > 0; count--) customers.push(await rig.welcome());
    for (const customer of customers) await customer.feed(60, 100);
    for (const customer of customers) await customer.settled(300_000);
    if (values.pictures !== undefined) prometheus = await watch(dir, windowSeconds);
    const startedAt = Date.now();
    const comparisons = await load(rig, lakes, customers, windowSeconds);
    say(tableOf(comparisons.table));
    process.stdout.write(`${JSON.stringify(comparisons)}\n`);
    if (values.write) write(comparisons.sentence, tableOf(comparisons.table));
    if (prometheus !== undefined)
      await draw(prometheus, values.pictures!, Math.ceil((Date.now() - startedAt) / 60_000));
  } finally {
    await prometheus?.stop();
    await rig.stop();
    await lakes.close();
  }
}

async function load(rig: FaultRig, lakes: HeldLake, customers: readonly Customer[], windowSeconds: number) {
  const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
  const own = rate / customers.length;
  const idleFrom = await used(rig, lakes);
  say(`Nothing comes for ${idleSeconds} s`);
  await delay(idleSeconds * 1_000);
  const before = await used(rig, lakes);
  say(`${rate} events a second for ${seconds} s`);
  const fed = Promise.all(customers.map((customer) => customer.feed(Math.round(own * seconds), own)));
  if (values.pictures !== undefined) await trouble(rig, customers[0]!, seconds);
  await fed;
  for (const customer of customers) {
    const wrong = await customer.settled(600_000);
    // What was made to be rejected belongs to no customer's feed.
    if (wrong.length > 0 && values.pictures === undefined) throw new Error(wrong.join('\n'));
  }
  const after = await used(rig, lakes);
  const grown = (key: 'agentBytes' | 'puts' | 'objects' | 'objectBytes') => after[key] - before[key];
  const use = (service: 'consumer' | 'flusher'): ServiceUse => {
    const idleCores = (before.cpu[service] - idleFrom.cpu[service]) / (before.at - idleFrom.at);
    const cpuSeconds = after.cpu[service] - before.cpu[service] - idleCores * (after.at - before.at);
    return { idleCores, cpuSeconds, residentBytes: residentMaxOf(rig.services.pid(service)) * 2 ** 20 };
  };
  const run = {
    events: Math.round(own * seconds) * customers.length,
    seconds,
    consumer: use('consumer'),
    flusher: use('flusher'),
    assumedRoles: after.assumedRoles,
    agentBytes: grown('agentBytes'),
    puts: grown('puts'),
    objects: grown('objects'),
    objectBytes: grown('objectBytes'),
  };
  const demand = {
    eventsPerSecond: rate,
    registrations: customers.length * 6,
    // Simulated customers have hosts in two AWS accounts, and some in none.
    accounts: 3,
    classes: 6,
    ...{ peak: 1, jsonShare, windowSeconds, encoderThreads: 1, cutBytesMax: 128 * 2 ** 20 },
    ...{ lingerSeconds, layout: 'local' as const },
  };
  const idle = [run.consumer, run.flusher].map(({ idleCores }) => `${(idleCores * 100).toFixed(1)} %`);
  const sentence = `${run.events.toLocaleString('en')} events in ${seconds} s, ${demand.registrations} registrations, windows of ${windowSeconds} s, a third as JSON. While nothing came, the consumer took ${idle[0]} of a core and the flusher ${idle[1]}, which is not in the table.`;
  return { sentence, table: besidePlan(demand, run), run };
}

/** What has been used since the processes started. */
async function used(rig: FaultRig, lakes: HeldLake) {
  const cpuOf = (service: 'consumer' | 'flusher') => rig.metric(service, 'process_cpu_seconds_total');
  return {
    at: performance.now() / 1_000,
    cpu: { consumer: await cpuOf('consumer'), flusher: await cpuOf('flusher') },
    agentBytes: await rig.metric('consumer', 'tributary_consumer_bytes_total'),
    objects: await rig.metric('flusher', 'tributary_flusher_objects_total', { outcome: 'created' }),
    objectBytes: await rig.metric('flusher', 'tributary_flusher_put_bytes_total'),
    ...lakes.requests,
  };
}

/** Something to see: a lake that refuses for a third of the time, and events that nobody can read. */
async function trouble(rig: FaultRig, customer: Customer, seconds: number): Promise<void> {
  const publisher = rig.stream.publisher();
  const record = { topic: 'agent.dns-activity', partition: 0, key: 'endpoint', value: 'no activity' };
  await delay((seconds / 3) * 1_000);
  await customer.refuse();
  for (let second = 0; second < seconds / 3; second++) {
    await publisher.publish([record, record, record]);
    await delay(1_000);
  }
  await customer.accept();
  await publisher.close();
}

function watch(dir: string, windowSeconds: number): Promise<PrometheusServer> {
  const { metrics } = readEndpoints(dir);
  return startPrometheus({
    directory: join(tmpdir(), `tributary-prometheus-${process.pid}`),
    targets: Object.fromEntries(serviceNames.map((name) => [name, [new URL(metrics![name]!).host]])),
    rules: rulesAt({ windowSeconds, scale: 1 / 30, rangeSecondsMin: 10 }),
    scrapeSeconds,
    evaluationSeconds: scrapeSeconds,
    labels: { region: 'us-1' },
  });
}

async function draw({ api }: PrometheusServer, folder: string, minutes: number): Promise<void> {
  for (const name of ['fleet', 'region']) {
    const args = ['observe', 'picture', '--prometheus', api.url, '--dashboard', name];
    const out = join(folder, `${name}.svg`);
    const options = ['--out', out, '--minutes', String(minutes), '--scrape-seconds', String(scrapeSeconds)];
    await execa(process.execPath, [join(repositoryRoot, 'bin/cli.ts'), ...args, ...options], { stdio: 'inherit' });
  }
}

function write(sentence: string, table: string): void {
  const page = join(repositoryRoot, 'docs/capacity.md');
  writeFileSync(page, withPart(readFileSync(page, 'utf8'), 'measured run', `${sentence}\n\n${table}`));
}
