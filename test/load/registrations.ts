import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { startServices } from '@tributary/local/services.ts';
import { readJournal } from '@tributary/registration/rebuild.ts';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { createMirror, createRedisStore, encodeChange } from '@tributary/subscriptions';
import { sampleRegistration, sampleRegistrations } from '@tributary/subscriptions/samples.fixture.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '.local' },
    count: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '20' },
  },
});
const endpoints = readEndpoints(values.dir);
const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'load', log: silentLog });
const store = createRedisStore({ url: endpoints.redis });
const ms = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
  const began = performance.now();
  return [await work(), performance.now() - began];
};
const say = (what: string, figure: string) => console.log(`${what.padEnd(52)} ${figure}`);
const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1);

/** Calls at an even rate, whatever the answers take, so that a slow answer delays none of the others. */
async function atRate(perSecond: number, seconds: number, call: (index: number) => Promise<number>) {
  const took: number[] = [];
  const wrong: number[] = [];
  const calls: Promise<void>[] = [];
  const began = performance.now();
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = began + (index * 1000) / perSecond;
    if (due > performance.now()) await delay(due - performance.now());
    calls.push(
      call(index).then((status) => {
        took.push(performance.now() - due);
        if (status !== 200) wrong.push(status);
      }),
    );
  }
  await Promise.all(calls);
  took.sort((one, other) => one - other);
  return { text: `p50 ${quantile(took, 0.5)} ms  p99 ${quantile(took, 0.99)} ms  of ${took.length}`, wrong };
}

const records = sampleRegistrations(Number(values.count));
const publisher = stream.publisher();
const writers = Array.from({ length: 40 }, () => sampleRegistration(String(randomInt(1e11, 1e12))));
const all = [...records, ...writers];
for (let from = 0; from < all.length; from += 1_000) {
  const part = all.slice(from, from + 1_000).map((record) => encodeChange({ kind: 'registration', record }));
  await publisher.publish(part.map((change) => ({ topic: registrationsTopic, partition: 0, ...change })));
}
await publisher.close();

const [{ fold, version }, reading] = await ms(() => readJournal(stream));
say(`journal read (${version + 1} records, ${fold.registrations} registrations)`, `${reading.toFixed(0)} ms`);
const [outcome, building] = await ms(() => store.rebuild(fold.changes(), version, { force: true }));
say(`Redis rebuilt (${outcome})`, `${building.toFixed(0)} ms`);

const admin = stream.admin();
const journalEnd = async () => (await admin.ends(registrationsTopic))[0]!.high;
const newMirror = () => createMirror({ store, journalEnd, now: Date.now, checkEveryMs: 5_000 });
await newMirror().refresh();
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
const mirror = newMirror();
const [, starting] = await ms(() => mirror.refresh());
say('mirror of a consumer, start', `${starting.toFixed(0)} ms`);
globalThis.gc?.();
say('mirror, heap', `${((process.memoryUsage().heapUsed - before) / 2 ** 20).toFixed(1)} MiB`);
const [, refreshing] = await ms(async () => {
  for (let round = 0; round < 200; round++) await mirror.refresh();
});
say('mirror, refresh before a batch (nothing changed)', `${(refreshing / 200).toFixed(2)} ms`);

const limits = { REQUESTS_PER_KEY: '1000000', REQUESTS_PER_ADDRESS: '1000000', LOG_LEVEL: 'error' };
const services = await startServices({ dir: values.dir, windowSeconds: 60, only: ['registration'], env: limits });
try {
  const accounts = [...new Set(writers.map(({ account }) => account))];
  const keys = await Promise.all(accounts.map((account) => createAccountKey(endpoints, account)));
  const base = `${readEndpoints(values.dir).registration}/api/registrations/`;
  const call = (method: string, path: string, index: number) =>
    fetch(`${base}${path}`, {
      method,
      headers: { authorization: `ApiKey ${keys[index % keys.length]}`, 'api-version': 'v1' },
    }).then(async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    });
  await atRate(50, 2, (index) => call('GET', '', index));
  const seconds = Number(values.seconds);
  const [reads, writes] = await Promise.all([
    atRate(200, seconds, (index) => call('GET', '', index)),
    atRate(20, seconds, (index) =>
      call('POST', `file-activity/${Math.floor(index / keys.length) % 2 === 0 ? 'pause' : 'resume'}`, index),
    ),
  ]);
  say('list page, 200 reads/s beside 20 writes/s', reads.text);
  say('change (pause, resume), 20/s', writes.text);
  say('answers other than 200', `reads ${JSON.stringify(reads.wrong)} writes ${JSON.stringify(writes.wrong)}`);
} finally {
  await services.stop();
  await admin.close();
  await store.close();
}
