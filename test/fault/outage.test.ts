import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { serviceNames } from '@tributary/local/services.ts';
import { killPart, startPart, stopPart } from '@tributary/local/stack.ts';
import { Redis } from 'ioredis';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const events = 900;
const eventsPerSecond = 150;
/** After this a supervisor such as Kubernetes would kill. */
const stopWithinMs = 25_000;

describe('while events flow', () => {
  const rig = new FaultRig();

  beforeAll(() => rig.start(), 120_000);
  afterAll(() => rig.stop(), 60_000);
  beforeEach(() => {
    rig.notices.length = 0;
  });
  // A test that failed in between leaves nothing stopped for the next one.
  afterEach(async () => {
    for (const part of ['redis', 'kafka'] as const) await startPart(rig.dir, part);
  }, 60_000);

  const outcomes = (outcome: string) => rig.metric('consumer', 'tributary_consumer_events_total', { outcome });
  const paused = () => rig.metric('consumer', 'tributary_consumer_paused');
  const untilPaused = () => until('the consumer pauses', 30_000, async () => (await paused()) > 0);

  it.each(serviceNames)(
    '%s_stops_in_good_order_and_goes_on_where_it_was',
    async (service) => {
      const customer = await rig.welcome();
      const fed = customer.feed(events, eventsPerSecond);
      await customer.flowing();
      const stoppedAt = Date.now();
      await rig.services.stopOne(service);
      const tookMs = Date.now() - stoppedAt;
      await rig.services.startOne(service);
      await fed;

      expect(await customer.settled()).toEqual([]);
      expect(tookMs).toBeLessThan(stopWithinMs);
      // What was under way was finished, so nothing had to be done again.
      expect((await customer.receipts()).filter(({ alreadyThere }) => alreadyThere)).toEqual([]);
      expect(await rig.metric('flusher', 'tributary_flusher_rows_total', { outcome: 'duplicate' })).toBe(0);
    },
    120_000,
  );

  it('pauses_while_redis_is_stopped_and_goes_on_by_itself', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await customer.flowing();
    await stopPart(rig.dir, 'redis');
    await untilPaused();
    await fed;
    const routed = await outcomes('routed');
    const { waiting } = await customer.look();
    expect(waiting).toBeGreaterThan(0);
    await startPart(rig.dir, 'redis');

    expect(await customer.settled()).toEqual([]);
    expect(await outcomes('routed')).toBeGreaterThan(routed);
    expect(await outcomes('unsubscribed')).toBe(0);
    expect(await paused()).toBe(0);
    expect(rig.notices).toEqual([]);
  }, 120_000);

  it('pauses_until_a_redis_that_came_back_empty_is_whole_again', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await customer.flowing();
    await killPart(rig.dir, 'redis');
    await untilPaused();
    await startPart(rig.dir, 'redis', { wiped: true });
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(await outcomes('unsubscribed')).toBe(0);
    expect(await paused()).toBe(0);
    expect(rig.notices).toEqual([]);
  }, 120_000);

  it('drops_nothing_when_redis_is_emptied_under_it', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await customer.flowing();
    const redis = new Redis(readEndpoints(rig.dir).redis);
    await redis.flushall();
    await redis.quit();
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(await outcomes('unsubscribed')).toBe(0);
    expect(await paused()).toBe(0);
    expect(rig.notices).toEqual([]);
  }, 120_000);

  it.each([
    ['stops', stopPart],
    ['is_killed', killPart],
  ])(
    'loses_and_doubles_nothing_when_kafka_%s_and_starts_again',
    async (_, end) => {
      const customer = await rig.welcome();
      // Fast, so that a good part has yet to be handed off; whole, as a feed without its broker can't say what it fed.
      await customer.feed(3 * events, 20 * eventsPerSecond);
      await end(rig.dir, 'kafka');
      await startPart(rig.dir, 'kafka');
      await customer.feed(events / 3, eventsPerSecond);

      expect(await customer.settled()).toEqual([]);
      expect(rig.notices).toEqual([]);
    },
    120_000,
  );
});
