import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { makeBundle } from '@tributary/docker/bundle.ts';
import { decodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { HeldLake } from '../fault/held-lake.ts';
import { FaultRig } from '../fault/rig.ts';
import { until } from '../fault/until.ts';
import { checkOutPreviousRelease, hasPreviousRelease } from '../tools/previous-release.ts';

type Moved = 'consumer' | 'flusher';
type Release = 'previous' | 'present';

const ifInHistory = (await hasPreviousRelease()) ? describe : describe.skip;
const eventsPerSecond = 50;

// Hand-off messages and journals of the two releases meet on one cluster, as in every rolling upgrade and rollback.
ifInHistory('the previous release beside this one (skipped where the clone has no history of it)', () => {
  let scratch: string | undefined;
  let lake: HeldLake | undefined;
  let rig: FaultRig | undefined;
  const release: Record<Moved, Release> = { consumer: 'previous', flusher: 'previous' };
  const bundles = new Map<string, string>();

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tributary-upgrade-'));
    const from = join(scratch, 'sources');
    await checkOutPreviousRelease(from);
    for (const name of ['consumer', 'flusher'] as const)
      bundles.set(name, (await makeBundle(name, { from, out: join(scratch, 'bundles') })).directory);
    const held = await HeldLake.open(readEndpoints(process.env.TRIBUTARY_LOCAL_DIR!).aws);
    lake = held;
    rig = new FaultRig({
      envOf: (name) => ({
        ...(name === 'registration' ? {} : { GROUP_ID: rig!.groupOf(name as Moved) }),
        ...(name === 'flusher' ? { AWS_ENDPOINT_URL: held.url } : {}),
      }),
      commandOf: (name, env) =>
        release[name as Moved] === 'previous' ? { file: process.execPath, args: [bundles.get(name)!], env } : undefined,
    });
    await rig.start();
  }, 600_000);
  afterEach(() => lake?.letGo());
  afterAll(async () => {
    await rig?.stop();
    await lake?.close();
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }, 120_000);

  /** Stops the service in good order (or kills it) and starts another release of it in its place. */
  async function move(name: Moved, to: Release, kill = false): Promise<void> {
    await rig!.services.stopOne(name, kill);
    lake!.letGo();
    release[name] = to;
    await rig!.services.startOne(name);
  }

  async function begin(consumer: Release, flusher: Release): Promise<void> {
    if (release.consumer !== consumer) await move('consumer', consumer);
    if (release.flusher !== flusher) await move('flusher', flusher);
  }

  /** How many hand-off partitions have a journalled cut that nobody has committed. */
  async function journalledCuts(): Promise<number> {
    const admin = rig!.stream.admin();
    try {
      const committed = await Promise.all(
        eventClassNames.map((eventClass) => admin.committed(rig!.groupOf('flusher'), handoffTopic(eventClass))),
      );
      const metadata = committed.flatMap((partitions) => [...partitions.values()].map((one) => one.metadata ?? ''));
      return metadata.filter((text) => text !== '' && decodeHandoffState(text).cut !== undefined).length;
    } finally {
      await admin.close();
    }
  }

  it('flushers_first_and_then_consumers_as_the_guide_says_each_event_arrives_once', async () => {
    await begin('previous', 'previous');
    const customer = await rig!.welcome();
    const fed = customer.feed(900, eventsPerSecond);
    await customer.flowing();
    await move('flusher', 'present');
    await move('consumer', 'present');
    await fed;
    expect(await customer.settled(180_000)).toEqual([]);
    expect(rig!.notices).toEqual([]);
  }, 400_000);

  it('consumers_first_may_make_deliveries_wait_for_the_flushers_and_still_each_event_arrives_once', async () => {
    await begin('previous', 'previous');
    const customer = await rig!.welcome();
    const fed = customer.feed(900, eventsPerSecond);
    await customer.flowing();
    await move('consumer', 'present');
    await fed;
    await move('flusher', 'present');
    expect(await customer.settled(180_000)).toEqual([]);
    expect(rig!.notices).toEqual([]);
  }, 400_000);

  it.each([
    ['the_previous_release', 'this_one', 'previous', 'present'],
    ['this_one', 'the_previous_release', 'present', 'previous'],
  ] as const)(
    'a_cut_that_a_flusher_of_%s_journalled_and_died_on_is_redone_by_%s_under_the_same_names',
    async (_, __, before, after) => {
      await begin('present', before);
      const customer = await rig!.welcome();
      const fed = customer.feed(600, eventsPerSecond);
      await customer.flowing();
      const from = lake!.held.length;
      // Some objects of the cut are there when their flusher dies, and some aren't.
      lake!.hold(from + 3);
      await until('puts to be held', 60_000, () => lake!.held.length >= from + 3);
      await rig!.services.stopOne('flusher', true);
      expect(await journalledCuts()).toBeGreaterThan(0);
      const late = lake!.held.slice(from).map(({ path }) => path.slice(path.lastIndexOf('/') + 1).split('?')[0]);
      await move('flusher', after, true);
      await fed;
      expect(await customer.settled(180_000)).toEqual([]);
      const names = await customer.names();
      expect(late.filter((name) => !names.includes(name!))).toEqual([]);
      expect(rig!.notices).toEqual([]);
    },
    400_000,
  );
});
