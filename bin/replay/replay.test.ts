import { createHash } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import { auditTopic, operationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OnStep } from '@tributary/service';
import type { createMemoryStream } from '@tributary/stream';
import { operationRecord, readOperations } from '../operations.ts';
import { delivery } from './delivery.ts';
import { plansOf } from './plans.ts';
import { acme, minute, noon, options, registration, rig, rowsOf, topic, wanted } from './replay.fixture.ts';
import { replay, resume } from './replay.ts';

// A slow machine is no failure.
jest.setTimeout(minute);

describe('a replay', () => {
  it('sends_what_arrived_in_the_time_of_one_registration_and_nothing_else', async () => {
    const { neighbours, lake, receipts, read, said, stream } = await rig();
    const endsBefore = await endsOf(stream);
    await replay(wanted, options, neighbours());
    const written = await receipts();
    // Ten minutes, an event a minute in each of two partitions, from two accounts of AWS.
    expect(rowsOf(written)).toBe(20);
    expect(written.map(({ registration: of, replay: plan, outcome }) => [of, plan, outcome])).toEqual([
      [registration, 'aaaaaaaaaaaaaaaa', 'delivered'],
      [registration, 'aaaaaaaaaaaaaaaa', 'delivered'],
    ]);
    expect([...lake.objects.keys()].map((key) => key.replace(/[0-9a-f]{32}\.parquet$/, ''))).toEqual([
      `lake-of-${acme}/ext/tributary/1.0/region=us-east-1/accountId=external_${acme}/eventDay=20260115/`,
      `lake-of-${acme}/ext/tributary/1.0/region=us-east-1/accountId=999988887777/eventDay=20260115/`,
    ]);
    expect(lake.asked.every(({ externalId }) => externalId === acme)).toBe(true);
    expect(await endsOf(stream)).toEqual(endsBefore);
    expect(JSON.parse((await read(auditTopic))[0]!)).toMatchObject({
      account: acme,
      actor: { kind: 'operator', name: 'ada' },
      action: 'replay.start',
      subject: registration,
      after: { plan: 'aaaaaaaaaaaaaaaa', rows: 20, from: '2026-01-15T12:00:00.000Z', to: '2026-01-15T12:10:00.000Z' },
    });
    expect(said.at(-1)).toContain('finished: 20 events');
  });

  it('only_counts_in_a_dry_run', async () => {
    const { neighbours, lake, read, said } = await rig();
    await replay(wanted, { ...options, dryRun: true, limits: { rows: 19, bytes: 1_000_000 } }, neighbours());
    expect(said.join('\n')).toMatch(/^20 events \(.* MB\) of 111111111111\/file-activity .*: 2 objects in 2 ranges/);
    expect(said.at(-1)).toContain('more than the limits allow');
    expect([lake.asked.length, (await read(operationsTopic)).length, (await read(auditTopic)).length]).toEqual([
      0, 0, 0,
    ]);
  });

  it.each([
    ['events', { rows: 19, bytes: 1_000_000 }, /more than 19 events .* Nothing was sent/],
    ['bytes', { rows: 1_000, bytes: 1_000 }, /more than 0 MB of events .* Nothing was sent/],
  ])('refuses_more_%s_than_its_limit', async (_, limits, sentence) => {
    const { neighbours, lake, read } = await rig();
    await expect(replay(wanted, { ...options, limits }, neighbours())).rejects.toThrow(sentence);
    expect([lake.asked.length, (await read(operationsTopic)).length]).toEqual([0, 0]);
  });

  const moments = delivery.flatMap(({ name }) => (['before', 'after'] as const).map((phase) => [phase, name] as const));
  it.each(moments)('that_dies_%s_%s_goes_on_with_the_same_objects_when_it_is_asked_for_again', async (phase, step) => {
    const undisturbed = await rig();
    await replay(wanted, options, undisturbed.neighbours());
    const { neighbours, lake, receipts } = await rig();
    let deaths = 0;
    const dying: OnStep = (event) => {
      if (event.step === step && event.phase === phase && deaths++ === 0) throw new Error('dies');
    };
    await expect(replay(wanted, options, neighbours(dying))).rejects.toThrow('dies');
    await replay(wanted, options, neighbours());
    expect([...lake.objects.keys()].toSorted()).toEqual([...undisturbed.lake.objects.keys()].toSorted());
    expect(rowsOf(await receipts())).toBe(20);
  });

  it('goes_on_by_the_id_of_its_plan_after_the_lake_refused_it', async () => {
    const { neighbours, lake, said, read } = await rig();
    lake.play({ what: 'refuse', fault: 'put-refused' });
    await expect(replay(wanted, options, neighbours())).rejects.toMatchObject({ code: 'put-refused' });
    expect(said.at(-1)).toContain('replay resume aaaaaaaaaaaaaaaa');
    await resume('aaaaaaaaaaaaaaaa', neighbours());
    expect(lake.objects.size).toBe(2);
    const actions = (await read(auditTopic)).map((value) => JSON.parse(value).action);
    expect(actions).toEqual(['replay.start', 'replay.resume']);
    await resume('aaaaaaaaaaaaaaaa', neighbours());
    expect(said.at(-1)).toContain('is finished');
    await expect(resume('ffffffffffffffff', neighbours())).rejects.toThrow('There is no plan');
  });

  it('is_not_made_twice_of_the_same_events_unless_a_person_says_so', async () => {
    const { neighbours, lake, stream } = await rig();
    await replay(wanted, options, neighbours());
    await expect(replay(wanted, options, neighbours())).rejects.toThrow(/finished at .* say --again/);
    const overlapping = { ...wanted, from: noon + 9 * minute, to: noon + 11 * minute };
    await expect(replay(overlapping, options, neighbours())).rejects.toThrow(/--again/);
    expect(lake.objects.size).toBe(2);
    await replay(overlapping, { ...options, again: true }, neighbours());
    expect(lake.objects.size).toBe(4);
    await replay({ ...wanted, from: noon + 11 * minute, to: noon + 12 * minute }, options, neighbours());
    expect(plansOf(await readOperations({ stream, admin: stream.admin() })).map(({ plan }) => plan.rows)).toEqual([
      20, 4, 2,
    ]);
  });

  it('stores_one_plan_where_two_people_ask_for_it_at_the_same_time', async () => {
    const { neighbours, stream, lake } = await rig();
    const both = await Promise.allSettled([
      replay(wanted, options, neighbours()),
      replay(wanted, options, neighbours()),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(plansOf(await readOperations({ stream, admin: stream.admin() }))).toHaveLength(1);
    expect(lake.objects.size).toBe(2);
  });

  it('stops_where_the_events_of_its_plan_are_not_all_there_any_more', async () => {
    const { neighbours, broker, lake } = await rig();
    lake.play({ what: 'refuse', fault: 'put-refused' });
    await expect(replay(wanted, options, neighbours())).rejects.toThrow();
    broker.advanceStart(topic, 0, 8);
    await expect(resume('aaaaaaaaaaaaaaaa', neighbours())).rejects.toThrow(/has 8 events now where 10 were planned/);
    expect(lake.objects.size).toBe(0);
  });

  // The story: offsets of a topic that was made anew come again, so other events lie where those of the plan did.
  it('stops_where_the_topic_was_made_anew_and_other_events_lie_at_the_same_offsets', async () => {
    const { neighbours, broker, lake, send, activity, wait } = await rig();
    lake.play({ what: 'refuse', fault: 'put-refused' });
    await expect(replay(wanted, options, neighbours())).rejects.toThrow();
    broker.recreateTopic(topic);
    for (let round = 0; round < 14; round++) {
      wait(minute);
      for (const partition of [0, 1]) {
        await send(partition, activity(acme, partition === 0 ? {} : { awsAccountId: '999988887777' }));
        await send(partition, activity('222222222222'));
      }
    }
    await expect(resume('aaaaaaaaaaaaaaaa', neighbours())).rejects.toThrow(/or not the same ones: .* made anew/);
    expect(lake.objects.size).toBe(0);
  });

  it('goes_on_with_a_plan_of_a_release_that_took_digests_of_positions_alone', async () => {
    const { neighbours, publisher, lake, stream } = await rig();
    lake.play({ what: 'refuse', fault: 'put-refused' });
    await expect(replay(wanted, options, neighbours())).rejects.toThrow();
    const [stored] = plansOf(await readOperations({ stream, admin: stream.admin() }));
    const { digestOf: _, ...plan } = stored!.plan;
    const ranges = plan.ranges.map((range) => {
      const digest = createHash('sha256');
      // Every second record is of this registration.
      for (const { partition, from, to } of range.spans)
        for (let offset = from + (from % 2); offset < to; offset += 2) digest.update(`${partition}/${offset}\n`);
      return { ...range, digest: digest.digest('hex') };
    });
    await publisher.publish([operationRecord({ ...plan, ranges, id: 'dddddddddddddddd' })]);
    await resume('dddddddddddddddd', neighbours());
    expect(lake.objects.size).toBe(2);
  });

  it('sends_nothing_more_to_a_registration_that_was_paused_or_ended', async () => {
    for (const state of ['paused', 'ended'] as const) {
      const { neighbours, records, lake } = await rig();
      const record = records.get(registration)!;
      const pausing: OnStep = ({ step, phase, subject }) => {
        if (step === 'mark' && phase === 'after' && subject.endsWith('/0'))
          records.set(registration, { ...record, state });
      };
      await expect(replay(wanted, options, neighbours(pausing))).rejects.toThrow(`is ${state}`);
      expect(lake.objects.size).toBe(1);
      await expect(replay(wanted, options, neighbours())).rejects.toThrow(`is ${state}`);
    }
  });

  it('counts_what_cannot_be_mapped_and_steps_over_what_cannot_be_decoded', async () => {
    const { neighbours, broker, said, send, activity } = await rig();
    await send(0, activity(acme, { eventTime: 1 }));
    await send(0, null);
    broker.writeUndecodable(topic, 0, Buffer.from('bomb'));
    await send(0, activity(acme));
    const late = { ...wanted, from: noon + 12 * minute, to: noon + 13 * minute };
    await replay(late, options, neighbours());
    expect(said[0]).toMatch(/^1 events .*\n1 more can’t be mapped.*\n1 batches can’t be decoded/);
  });
});

async function endsOf(stream: ReturnType<typeof createMemoryStream>) {
  const admin = stream.admin();
  const names = [...(await admin.partitionCounts(['agent.file-activity', 'ocsf.file-activity', 'rejected'])).keys()];
  return Promise.all(
    names.map(async (name) => [name, await admin.ends(name), await admin.committed('tributary.consumer', name)]),
  );
}
