import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { HeldLake } from './held-lake.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const zombie = 'flusher-1';
const successor = 'flusher-2';
const eventsAtOnce = 300;
const eventsPerSecond = 60;

describe('a flusher that is stopped in the middle of a put, and goes on after others took its partitions over', () => {
  let lake: HeldLake;
  let rig: FaultRig;
  let offsets: CommittedOffsets;
  beforeAll(async () => {
    lake = await HeldLake.open(readEndpoints(process.env.TRIBUTARY_LOCAL_DIR).aws);
    rig = new FaultRig({
      replicas: { flusher: 2 },
      envOf: (name) => (name === zombie ? { AWS_ENDPOINT_URL: lake.url } : {}),
    });
    await rig.start();
    offsets = new CommittedOffsets(rig.stream, rig.groupOf('flusher'), eventClassNames.map(handoffTopic));
    offsets.watch();
  }, 180_000);
  afterAll(async () => {
    await offsets?.stop();
    await rig?.stop();
    await lake?.close();
  }, 90_000);

  it('puts_nothing_twice_and_moves_no_offset_back', async () => {
    const customer = await rig.welcome();
    let isOver = false;
    const feeding = (async () => {
      while (!isOver) await customer.feed(eventsAtOnce, eventsPerSecond);
    })();
    await customer.flowing();
    // Parked objects of others may be tried through the same proxy.
    const ofCustomer = () => lake.held.filter(({ path }) => path.includes(customer.bucketName));
    lake.hold();
    await until('a put of the zombie to be', 60_000, () => ofCustomer().length > 0);
    rig.services.pause(zombie);
    const held = ofCustomer();
    const nameOf = (path: string) => new URL(path, 'http://lake').pathname.split('/').at(-1)!;
    const names = held.map(({ path }) => nameOf(path));
    const partitions = () => rig.metric(successor, 'tributary_flusher_partitions');
    await until('another flusher has every partition', 120_000, async () => (await partitions()) === 12);
    await until('and has put what the zombie was about to put', 120_000, async () => {
      const there = await customer.names();
      return names.every((name) => there.includes(name));
    });

    rig.services.resume(zombie);
    lake.letGo();
    await until('the puts of the zombie are answered', 60_000, () => held.every(({ status }) => status !== undefined));
    expect(held.map(({ status }) => status)).toEqual(held.map(() => 412));
    isOver = true;
    await feeding;

    expect(await customer.settled(120_000)).toEqual([]);
    await offsets.look();
    expect(offsets.wentBack).toEqual([]);
    expect(rig.notices).toEqual([]);
    const { fed, delivered } = await customer.look();
    process.stdout.write(`${JSON.stringify({ heldPuts: held.length, fed, delivered })}\n`);
  }, 600_000);
});
