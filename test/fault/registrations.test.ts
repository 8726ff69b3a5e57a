import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAccountKey } from '@tributary/local/demo/api-key.ts';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { type RunningServices, startServices } from '@tributary/local/services.ts';
import { compare, readJournal } from '@tributary/registration/rebuild.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { createRedisStore, encodeChange, type SubscriptionStore } from '@tributary/subscriptions';
import { sampleRegistration, sampleRegistrations } from '@tributary/subscriptions/samples.fixture.ts';
import { Redis } from 'ioredis';
import { deathOf, giveOrder, type Order, ordersVariable } from './kill-at-step.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const dir = process.env.TRIBUTARY_LOCAL_DIR!;

/** Answers the offset of the last of them. */
async function journal(rig: FaultRig, records: readonly RegistrationRecord[]): Promise<number> {
  const publisher = rig.stream.publisher();
  let last = -1;
  for (let from = 0; from < records.length; from += 1_000) {
    const part = records.slice(from, from + 1_000).map((record) => encodeChange({ kind: 'registration', record }));
    const offsets = await publisher.publish(
      part.map((change) => ({ topic: registrationsTopic, partition: 0, ...change })),
    );
    last = offsets.at(-1)!;
  }
  await publisher.close();
  return last;
}

/** True when Redis says what the journal says. */
async function isSame(rig: FaultRig, store: SubscriptionStore): Promise<boolean> {
  const { fold } = await readJournal(rig.stream);
  const { missing, different, surplus } = await compare(fold, store);
  return missing + different + surplus === 0;
}

const steps = ['lock', 'read-current', 'decide', 'audit', 'journal', 'apply'] as const;
const deaths: Order[] = steps.flatMap((step) => (['before', 'after'] as const).map((phase) => ({ step, phase })));
const account = String(Date.now()).slice(-12).padStart(12, '1');
const otherAccount = String(Number(account) - 1).padStart(12, '0');

describe('a registration service killed with SIGKILL in the middle of a change', () => {
  const rig = new FaultRig();
  // Made in a hook: of a describe whose tests are all skipped nothing is ever closed.
  let store: SubscriptionStore;
  let orders = '';
  let services: RunningServices | undefined;

  beforeAll(async () => {
    store = createRedisStore({ url: readEndpoints(dir).redis });
    orders = await mkdtemp(join(tmpdir(), 'tributary-fault-'));
    await makeTopics(rig.stream);
    services = await startServices({
      dir,
      windowSeconds: 3,
      only: ['registration'],
      main: { registration: join(import.meta.dirname, 'registration-that-dies.ts') },
      env: { [ordersVariable]: orders },
    });
  }, 90_000);
  afterAll(async () => {
    await services?.stop();
    await store.close();
    await rm(orders, { recursive: true, force: true });
  }, 60_000);

  it('leaves_the_change_whole_or_undone_at_every_step_and_the_same_request_again_does_it', async () => {
    const accounts = [account, otherAccount];
    const all = accounts.flatMap((one) => eventClassNames.map((eventClass) => sampleRegistration(one, eventClass)));
    await journal(rig, all);
    const endpoints = readEndpoints(dir);
    const keys = new Map<string, string>();
    for (const one of accounts) keys.set(one, await createAccountKey(endpoints, one));
    const pause = async (record: RegistrationRecord) => {
      const authorization = `ApiKey ${keys.get(record.account)}`;
      const url = `${endpoints.registration ?? readEndpoints(dir).registration}/api/registrations/${record.eventClass}/pause`;
      const answer = await fetch(url, { method: 'POST', headers: { authorization, 'api-version': 'v1' } });
      return answer.status;
    };
    const found: string[] = [];
    for (const [index, order] of deaths.entries()) {
      const record = all[index]!;
      giveOrder(orders, 'registration', order);
      await pause(record).catch(() => undefined);
      await until(`died ${order.phase} ${order.step}`, 20_000, () => deathOf(orders, 'registration'));
      await until('the next one is ready', 20_000, async () => {
        const page = await fetch(`${readEndpoints(dir).metrics?.registration}/readyz`).catch(() => undefined);
        return page?.ok;
      });
      const state = (await store.registration(record.registration))?.state;
      found.push(`${order.phase} ${order.step}: ${state}`);
    }
    const journalled = deaths.findIndex(({ step, phase }) => step === 'journal' && phase === 'after');
    expect(found).toEqual(
      deaths.map(({ step, phase }, index) => `${phase} ${step}: ${index < journalled ? 'active' : 'paused'}`),
    );
    // What a dead process had locked is free again when its lease ends.
    await Promise.all(
      deaths.map((_, index) => until('the same request again', 60_000, async () => (await pause(all[index]!)) === 200)),
    );
    for (const { registration } of all)
      expect(await store.registration(registration)).toMatchObject({ state: 'paused', generation: 1 });
    expect(await isSame(rig, store)).toBe(true);
  }, 240_000);
});

describe('Redis emptied under load with 10,000 registrations', () => {
  const rig = new FaultRig();
  let store: SubscriptionStore;
  beforeAll(async () => {
    store = createRedisStore({ url: readEndpoints(dir).redis });
    await rig.start();
  }, 120_000);
  afterAll(async () => {
    await rig.stop();
    await store.close();
  }, 60_000);

  it('is_built_again_by_itself_and_no_event_is_lost', async () => {
    const last = await journal(rig, sampleRegistrations(10_000));
    // First, so that nobody waits for a key behind 10,000 changes.
    await until('Redis has all', 90_000, async () => (await store.version()) >= last);
    const customer = await rig.welcome();
    const fed = customer.feed(1_500, 150);
    await customer.flowing();
    const redis = new Redis(readEndpoints(dir).redis);
    const emptiedAt = performance.now();
    await redis.flushall();
    await redis.quit();
    await until('Redis is whole', 90_000, () =>
      store.count().then(
        ({ registrations }) => registrations >= 10_000,
        () => false,
      ),
    );
    process.stdout.write(`whole again ${Math.round(performance.now() - emptiedAt)} ms after it was emptied\n`);
    await fed;
    expect(await customer.settled()).toEqual([]);
    expect(await rig.metric('consumer', 'tributary_consumer_events_total', { outcome: 'unsubscribed' })).toBe(0);
    expect(await rig.metric('consumer', 'tributary_consumer_paused')).toBe(0);
    expect(rig.notices).toEqual([]);
    expect(await isSame(rig, store)).toBe(true);
  }, 360_000);
});
