import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/replicas.ts';
import { compare, readJournal } from '@tributary/registration/rebuild.ts';
import { createRedisStore } from '@tributary/subscriptions';
import { Redis } from 'ioredis';
import { FaultRig } from './rig.ts';

const dir = process.env.TRIBUTARY_LOCAL_DIR!;

// docs/disaster.md: what a region needs to come back is Kafka. Everything of ours is gone here: the processes and all of Redis.
describe('a region of which only Kafka is left', () => {
  const rig = new FaultRig();
  const store = createRedisStore({ url: readEndpoints(dir).redis });
  beforeAll(() => rig.start(), 120_000);
  afterAll(async () => {
    await rig.stop();
    await store.close();
  }, 60_000);

  it('is_built_again_by_services_that_are_started_anew_and_each_event_arrives_once', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(600, 100);
    await customer.flowing();
    for (const name of serviceNames) await rig.services.stopOne(name, true);
    const redis = new Redis(readEndpoints(dir).redis);
    await redis.flushall();
    await redis.quit();
    // What agents sent meanwhile waits in Kafka.
    await fed;
    const startedAt = performance.now();
    for (const name of serviceNames) await rig.services.startOne(name);
    const readyMs = performance.now() - startedAt;

    expect(await customer.settled(180_000)).toEqual([]);
    console.log(`all services ready ${Math.round(readyMs)} ms after they were started with an empty Redis`);
    const { fold } = await readJournal(rig.stream);
    expect(fold.registrations).toBeGreaterThan(0);
    expect(await compare(fold, store)).toMatchObject({ missing: 0, different: 0, surplus: 0 });
    expect(await rig.metric('consumer', 'tributary_consumer_events_total', { outcome: 'unsubscribed' })).toBe(0);
    expect(rig.notices).toEqual([]);
  }, 400_000);
});
