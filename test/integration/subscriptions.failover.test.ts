import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { redisKeys, redisSlot } from '@tributary/schemas/redis/keys.ts';
import { createMirror, createRedisStore, end, type SubscriptionStore } from '@tributary/subscriptions';
import { ofRegistration, sampleRegistrations } from '@tributary/subscriptions/samples.fixture.ts';
import { eventually, RedisServers } from './redis-servers.ts';

const records = sampleRegistrations(1_000);
const [first] = records as [(typeof records)[number]];
const ended = ofRegistration(end(first, new Date(1)));

let servers: RedisServers;
let store: SubscriptionStore;
beforeEach(async () => {
  servers = await RedisServers.make();
});
afterEach(async () => {
  await store.close();
  await servers.end();
});

/** A mirror that knows all registrations, as of a journal that a test prolongs. */
async function watch(journal: { end: number }) {
  const journalEnd = async () => journal.end;
  const mirror = createMirror({ store, now: () => 0, checkEveryMs: 60_000, journalEnd });
  await mirror.refresh();
  return mirror;
}

describe('Redis behind sentinels', () => {
  it('goes_on_with_the_replica_that_replaces_a_primary_that_died', async () => {
    const { url, primary } = await servers.sentinels();
    store = createRedisStore({ url });
    await store.rebuild(records.map(ofRegistration), 0);
    const mirror = await watch({ end: 1 });
    await servers.ask(primary, (redis) => redis.wait(2, 5_000));
    servers.kill(primary);
    await expect(mirror.refresh()).rejects.toMatchObject({ code: 'subscriptions-unavailable' });
    await eventually(() => store.apply({ after: 0, offset: 1 }, ended));
    await mirror.refresh();
    expect(mirror.find(first.account, first.eventClass)).toBeUndefined();
    expect((await store.readAll()).records).toHaveLength(records.length);
  }, 60_000);

  // The change was journalled and answered. Then the primary was replaced by a replica that didn't have it.
  it('pauses_when_the_new_primary_lacks_the_newest_change_until_it_is_applied_again', async () => {
    const { url, primary } = await servers.sentinels();
    store = createRedisStore({ url });
    await store.rebuild(records.map(ofRegistration), 0);
    await servers.ask(primary, (redis) => redis.wait(2, 5_000));
    const journal = { end: 1 };
    const mirror = await watch(journal);
    // The replicas are cut off and can't come back; who is connected already stays.
    await servers.ask(primary, async (redis) => {
      await redis.config('SET', 'requirepass', 'unknown-to-replicas');
      return (await redis.call('CLIENT', 'KILL', 'TYPE', 'replica')) === 2;
    });
    await store.apply({ after: 0, offset: 1 }, ended);
    journal.end = 2;
    await mirror.refresh();
    expect(mirror.version()).toBe(1);
    servers.kill(primary);
    await eventually(async () => (await store.version()) === 0);
    await expect(mirror.refresh()).rejects.toMatchObject({ code: 'subscriptions-not-whole' });
    const started = createMirror({ store, now: () => 0, checkEveryMs: 60_000, journalEnd: async () => journal.end });
    await expect(started.refresh()).rejects.toMatchObject({ code: 'subscriptions-not-whole' });
    await store.apply({ after: 0, offset: 1 }, ended);
    await mirror.refresh();
    await started.refresh();
    expect(started.find(first.account, first.eventClass)).toBeUndefined();
  }, 60_000);
});

describe('a cluster of Redis', () => {
  it('has_all_keys_on_one_node_and_goes_on_with_its_replica', async () => {
    const { url, owner, replica } = await servers.cluster(redisSlot);
    store = createRedisStore({ url });
    expect(await store.rebuild(records.map(ofRegistration), 0)).toBe('rebuilt');
    const slots = await servers.ask(owner, (redis) =>
      Promise.all(Object.values(redisKeys).map((key) => redis.call('CLUSTER', 'KEYSLOT', key))),
    );
    expect(new Set(slots)).toEqual(new Set([redisSlot]));
    const journal = { end: 1 };
    const mirror = await watch(journal);
    const before = store.connections();
    const held = await store.lock('a/b', 60_000);
    await held!.release();
    await servers.ask(owner, (redis) => redis.wait(1, 5_000));
    servers.kill(owner);
    await expect(mirror.refresh()).rejects.toMatchObject({ code: 'subscriptions-unavailable' });
    await servers.ask(replica, async (redis) => /role:master/.test(await redis.info('replication')));
    await eventually(() => store.apply({ after: 0, offset: 1 }, ended));
    journal.end = 2;
    await eventually(() => mirror.refresh().then(() => true));
    expect(mirror.find(first.account, first.eventClass)).toBeUndefined();
    expect(store.connections()).toBeGreaterThan(before);
    expect((await store.readAll()).records).toHaveLength(records.length);
  }, 60_000);
});
