import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { runningPid } from '@tributary/local/processes.ts';
import { HeldLake } from './held-lake.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const dir = process.env.TRIBUTARY_LOCAL_DIR!;
const events = 600;
const eventsPerSecond = 100;
/** After this a supervisor such as Kubernetes would kill. */
const stopWithinMs = 25_000;

describe('a service that is told to stop while a neighbour stalls, under load', () => {
  let lake: HeldLake;
  let rig: FaultRig;
  beforeAll(async () => {
    lake = await HeldLake.open(readEndpoints(dir).aws);
    rig = new FaultRig({ envOf: (name) => (name === 'flusher' ? { AWS_ENDPOINT_URL: lake.url } : {}) });
    await rig.start();
  }, 180_000);
  afterAll(async () => {
    await rig?.stop();
    await lake?.close();
  }, 90_000);
  const redis = () => runningPid(stackDirectory(dir), 'redis')!;
  // A test that failed in between leaves nothing stopped for the next one.
  afterEach(() => {
    process.kill(redis(), 'SIGCONT');
    lake.letGo();
  });

  async function stopMs(service: 'consumer' | 'flusher'): Promise<number> {
    const stoppedAt = performance.now();
    await rig.services.stopOne(service);
    return performance.now() - stoppedAt;
  }

  it('a_flusher_whose_lakes_take_nothing_stops_within_25_s_and_the_next_one_redoes_its_cuts', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await customer.flowing();
    lake.hold();
    await until('a put to be held', 60_000, () => lake.held.length > 0);
    const took = await stopMs('flusher');
    lake.letGo();
    await rig.services.startOne('flusher');
    await fed;

    expect(took).toBeLessThan(stopWithinMs);
    expect(await customer.settled(120_000)).toEqual([]);
    expect(rig.notices).toEqual([]);
  }, 300_000);

  it.each(['consumer', 'flusher'] as const)(
    'a_%s_whose_redis_hangs_stops_within_25_s_and_loses_nothing',
    async (service) => {
      const customer = await rig.welcome();
      const fed = customer.feed(events, eventsPerSecond);
      await customer.flowing();
      process.kill(redis(), 'SIGSTOP');
      const took = await stopMs(service);
      process.kill(redis(), 'SIGCONT');
      await rig.services.startOne(service);
      await fed;

      expect(took).toBeLessThan(stopWithinMs);
      expect(await customer.settled(120_000)).toEqual([]);
      expect(rig.notices).toEqual([]);
    },
    300_000,
  );
});
