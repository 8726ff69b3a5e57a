import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { redisKeys } from '@tributary/schemas/redis/keys.ts';
import { createRedisStore, end } from '@tributary/subscriptions';
import { ofRegistration, sampleRegistrations } from '@tributary/subscriptions/samples.fixture.ts';
import { describeStore } from '@tributary/subscriptions/subscriptions.contract.ts';
import { Redis } from 'ioredis';
import { Hop } from './hop.ts';

// A database of its own, so that the registrations of a running stack are never touched.
const database = 9;
const redisUrl = process.env.TEST_REDIS_URL ?? readEndpoints().redis;

let raw: Redis;
beforeAll(() => {
  raw = new Redis(redisUrl, { db: database });
});
afterAll(() => raw.disconnect());

async function openThroughHop() {
  await raw.flushdb();
  const hop = new Hop(redisUrl);
  await hop.listen();
  const store = createRedisStore({ url: `redis://127.0.0.1:${hop.port}/${database}`, commandTimeoutMs: 1_000 });
  return { hop, store };
}

describeStore('the store in Redis', async () => {
  const { hop, store } = await openThroughHop();
  return {
    store,
    goAway: () => hop.close(),
    comeBack: () => hop.reopen(),
    wipe: async () => void (await raw.flushdb()),
    loseSentinel: async () => void (await raw.del('{tributary}:sentinel')),
    async close() {
      await store.close();
      if (hop.state !== 'closed') await hop.close();
    },
  };
});

describe('Redis in trouble', () => {
  it('answers_a_fault_within_two_seconds_when_redis_swallows_commands_and_recovers', async () => {
    const { hop, store } = await openThroughHop();
    await store.rebuild([], 0);
    hop.state = 'silent';
    const began = Date.now();
    await expect(store.version()).rejects.toMatchObject({ code: 'subscriptions-unavailable' });
    expect(Date.now() - began).toBeLessThan(2_500);
    hop.state = 'open';
    let version: number | undefined;
    while (version === undefined) version = await store.version().catch(() => undefined);
    expect(version).toBe(0);
    await store.close();
    await hop.close();
  }, 20_000);

  it('reads_100_000_registrations_as_of_one_version_while_they_change', async () => {
    const { hop, store } = await openThroughHop();
    const records = sampleRegistrations(100_000);
    await store.rebuild(records.map(ofRegistration), 0);
    let reading = true;
    const read = store.readAll().finally(() => {
      reading = false;
    });
    let offset = 0;
    while (reading) {
      const record = end(records[(offset * 7919) % records.length]!, new Date(offset));
      await store.apply({ after: offset, offset: offset + 1 }, ofRegistration(record));
      offset += 1;
    }
    const { version, records: all } = await read;
    expect(all).toHaveLength(records.length);
    expect(version).toBeGreaterThan(0);
    expect(all.filter(({ state }) => state === 'ended')).toHaveLength(version);
    await store.close();
    await hop.close();
  }, 30_000);

  it('never_shows_half_of_a_rebuild_to_a_reader', async () => {
    const { hop, store } = await openThroughHop();
    const other = createRedisStore({ url: `redis://127.0.0.1:${hop.port}/${database}` });
    const records = sampleRegistrations(5_000);
    const changes = records.map(ofRegistration);
    await store.rebuild(changes, 0);
    let rebuilding = true;
    const rebuilt = (async () => {
      for (let round = 1; round <= 4; round++) expect(await store.rebuild(changes, 0, { force: true })).toBe('rebuilt');
    })().finally(() => {
      rebuilding = false;
    });
    const seen = { whole: 0, refused: 0 };
    while (rebuilding) {
      const counted = await other.count().then(
        ({ registrations }) => registrations,
        (fault: { code?: string }) => fault.code,
      );
      if (counted === 'subscriptions-not-whole') seen.refused += 1;
      else expect(counted).toBe(records.length);
      if (typeof counted === 'number') seen.whole += 1;
    }
    await rebuilt;
    expect(seen.refused).toBeGreaterThan(0);
    await other.close();
    await store.close();
    await hop.close();
  }, 30_000);

  // A primary was replaced in the middle of a rebuild. Its replica had the lock, but not the last parts: the rest was
  // written, the sentinel too, and the registrations of those parts were nowhere.
  it('does_not_call_a_rebuild_whole_when_a_failover_took_a_part_of_it_away', async () => {
    const { hop, store } = await openThroughHop();
    const building = store.rebuild(sampleRegistrations(20_000).map(ofRegistration), 0);
    const lock = redisKeys.rebuildLock;
    let value: string | null = null;
    while (!/:[5-9]$/.test(value ?? '')) value = await raw.get(lock);
    await raw.set(lock, value!.replace(/:\d$/, ':3'), 'PX', 10_000);
    expect(await building).toBe('busy');
    await expect(store.version()).rejects.toMatchObject({ code: 'subscriptions-not-whole' });
    await store.close();
    await hop.close();
  }, 30_000);

  it('lets_one_of_many_rebuild_and_never_goes_back', async () => {
    const { hop, store } = await openThroughHop();
    const other = createRedisStore({ url: `redis://127.0.0.1:${hop.port}/${database}` });
    const outcomes = await Promise.all(
      [7, 7, 5, 7].map((version, index) => (index % 2 ? other : store).rebuild([], version)),
    );
    expect(outcomes).toContain('rebuilt');
    expect(await store.rebuild([], 5)).toBe('newer');
    await store.close();
    await other.close();
    await hop.close();
  });
});
