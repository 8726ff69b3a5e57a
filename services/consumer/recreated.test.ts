import { afterEach, describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { encodeHandoffCommit, type HandoffMark } from '@tributary/schemas/kafka/handoff-commit.ts';
import { encodeSourceProgress, epochOfCommit } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OnStep } from '@tributary/service';
import { isInDoubt, isMadeAnew, judgeSources } from './recreated.ts';
import { fileActivity, flusherGroupId, groupId, Rig, type RigOptions, registrationOf } from './rig.fixture.ts';

// The story: an operator deleted agent.file-activity and made it anew, and forgot to raise its epoch. Its offsets began at 0 again,
// below the marks of the old one, and the flushers dropped every row as seen before: without an alarm, and for ever.

const account = '111111111111';
const topic = agentTopic('file-activity');
const rigs: Rig[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop();
});

/** A rig with three events in partition 0 and two in partition 1, of whose rows some were delivered. */
async function rigWith(marks: readonly HandoffMark[], options: RigOptions = {}): Promise<Rig> {
  const rig = new Rig(options);
  rigs.push(rig);
  await rig.register(registrationOf(account));
  delivered(rig, 0, marks);
  await rig.feed(0, fileActivity(account), fileActivity(account), fileActivity(account));
  await rig.feed(1, fileActivity(account), fileActivity(account));
  return rig;
}

function delivered(rig: Rig, handoffPartition: number, marks: readonly HandoffMark[]): void {
  const metadata = encodeHandoffCommit({ incarnation: '0123456789abcdef', openedAt: 1, marks });
  rig.broker.group(flusherGroupId).commit(handoffTopic('file-activity'), handoffPartition, 0, metadata);
}

const sourcesOf = (rig: Rig) => rig.rowsOnce().map(({ sourcePartition }) => sourcePartition);
const pausedFor = async (rig: Rig, fault: string) =>
  new RegExp(`tributary_consumer_paused\\{fault="${fault}"\\} (\\d)`).exec(await rig.metrics.page())?.[1];

/** Runs until what may be handed off had every chance to be. */
async function startedAndSettled(rig: Rig): Promise<void> {
  await rig.start();
  await rig.turns(50);
}

describe('a topic that is made anew without a new epoch', () => {
  it('is_not_read_so_that_none_of_its_events_is_dropped_as_seen_and_says_what_to_do', async () => {
    const rig = await rigWith([[0, 0, 99]]);
    await startedAndSettled(rig);
    expect(rig.rows()).toEqual([]);
    expect(rig.committed(0).offset).toBeUndefined();
    expect(rig.intake.causes()).toEqual(['topic-recreated']);
    expect(await pausedFor(rig, 'topic-recreated')).toBe('1');
    expect(rig.intake.isWaiting({ topic, partition: 0 })).toBe(true);
  });

  it('is_read_from_its_start_with_the_next_epoch', async () => {
    const rig = await rigWith([[0, 0, 99]], { epoch: 1 });
    await startedAndSettled(rig);
    await rig.drained();
    expect(sourcesOf(rig).toSorted()).toEqual([0, 0, 0, 1, 1]);
    expect(rig.intake.causes()).toEqual([]);
  });

  it('is_known_by_a_mark_in_any_hand_off_partition_also_when_it_has_grown_beyond_it', async () => {
    const rig = await rigWith([]);
    delivered(rig, 1, [[0, 0, 0]]);
    await startedAndSettled(rig);
    expect(rig.rows()).toEqual([]);
  });

  it('is_known_for_each_of_its_partitions_by_the_marks_of_one', async () => {
    const rig = await rigWith([[0, 1, 0]]);
    await startedAndSettled(rig);
    expect(rig.intake.isWaiting({ topic, partition: 0 })).toBe(true);
    expect(rig.rows()).toEqual([]);
  });

  // A consumer that ran on committed an offset of the old log after Kafka had deleted it, and the new log is longer.
  it('is_known_where_a_late_commit_of_the_old_one_seems_right', async () => {
    const rig = await rigWith([[0, 0, 99]]);
    rig.broker.group(groupId).commit(topic, 1, 1, '');
    await startedAndSettled(rig);
    expect(rig.rows()).toEqual([]);
  });

  it('is_known_although_an_operator_has_committed_its_start', async () => {
    const rig = await rigWith([[0, 0, 99]]);
    for (const partition of [0, 1]) rig.broker.group(groupId).commit(topic, partition, 0, '');
    await startedAndSettled(rig);
    expect(rig.rows()).toEqual([]);
    expect(rig.intake.causes()).toEqual(['topic-recreated']);
  });

  // The story: consumers were restarted with the new epoch one after the other, and one that still had the old epoch took a
  // partition over in the middle of the new log.
  it('is_not_read_by_a_consumer_that_still_has_the_old_epoch', async () => {
    const rig = await rigWith([[0, 0, 99]]);
    rig.broker.group(groupId).commit(topic, 0, 2, encodeSourceProgress(5, 1));
    rig.broker.group(groupId).commit(topic, 1, 1, encodeSourceProgress(undefined, 1));
    await startedAndSettled(rig);
    expect(rig.rows()).toEqual([]);
    expect(rig.intake.causes()).toEqual(['topic-recreated']);
  });

  it('is_read_on_in_its_new_epoch', async () => {
    const rig = await rigWith([[0, 0, 99]], { epoch: 1 });
    rig.broker.group(groupId).commit(topic, 0, 2, encodeSourceProgress(5, 1));
    await startedAndSettled(rig);
    await rig.drained();
    expect(sourcesOf(rig).toSorted()).toEqual([0, 1, 1]);
    expect(epochOfCommit(rig.committed(0).metadata)).toBe(1);
  });

  it('is_known_while_its_consumer_runs', async () => {
    const rig = await rigWith([]);
    await startedAndSettled(rig);
    await rig.drained();
    delivered(rig, 0, [
      [0, 0, 2],
      [0, 1, 1],
    ]);
    rig.broker.recreateTopic(topic);
    await rig.turns(20);
    expect(rig.intake.causes()).toEqual(['topic-recreated']);
    await rig.feed(0, fileActivity(account));
    await rig.turns(20);
    expect(rig.rows().filter(({ sourcePartition }) => sourcePartition === 0)).toHaveLength(3);
  });
});

describe('a group without an offset', () => {
  // The story: a consumer died between the first publish of a partition and its commit, and the flusher delivered what it had
  // handed off. The next consumer found marks and no offset, as behind a topic that was made anew.
  it('commits_where_it_begins_before_it_hands_anything_off', async () => {
    const onStep: OnStep = ({ step, phase }) => {
      if (step === 'commit' && phase === 'before') throw new Error('dies');
    };
    const rig = await rigWith([], { onStep });
    await rig.start();
    while (rig.rows().length < 5) await rig.turns(1);
    expect([0, 1].map((partition) => rig.committed(partition))).toEqual(Array(2).fill({ offset: 0, metadata: '{}' }));
    delivered(rig, 0, [
      [0, 0, 2],
      [0, 1, 1],
    ]);
    const judge = judgeSources({ admin: rig.stream.admin(), groupId, flusherGroupId, epochOf: () => 0 });
    expect(await judge(topic, [0, 1])).toEqual({ recreated: new Map(), unclaimed: [] });
  });

  it('reads_a_log_whose_first_offsets_are_gone_since_they_were_delivered', async () => {
    const rig = await rigWith([[0, 0, 1]]);
    rig.broker.advanceStart(topic, 0, 2);
    await startedAndSettled(rig);
    await rig.drained();
    expect(sourcesOf(rig).toSorted()).toEqual([0, 1, 1]);
  });

  it('reads_the_same_log_again_once_an_operator_has_committed_its_start', async () => {
    const rig = await rigWith([[0, 0, 1]]);
    rig.broker.group(groupId).commit(topic, 0, 0, '');
    await startedAndSettled(rig);
    await rig.drained();
    expect(sourcesOf(rig).toSorted()).toEqual([0, 0, 0, 1, 1]);
  });

  it('waits_while_the_marks_cannot_be_known_and_goes_on_when_they_can', async () => {
    const rig = await rigWith([]);
    rig.refuseMarks = new Fault('kafka-refuses', 'scripted');
    await rig.start();
    await rig.turns(20);
    expect(rig.rows()).toEqual([]);
    expect(rig.intake.causes()).toEqual(['kafka-refuses']);
    rig.refuseMarks = undefined;
    await rig.drained();
    expect(rig.rows()).toHaveLength(5);
    expect(await pausedFor(rig, 'kafka-refuses')).toBe('0');
  });

  it('waits_while_the_marks_cannot_be_read', async () => {
    const rig = await rigWith([]);
    rig.broker.group(flusherGroupId).commit(handoffTopic('file-activity'), 0, 0, 'nonsense');
    await rig.start();
    await rig.turns(20);
    expect(rig.rows()).toEqual([]);
    expect(rig.intake.causes()).toEqual(['invalid-offset-metadata']);
  });
});

describe('a log', () => {
  it('is_beyond_doubt_while_the_group_stands_within_it', () => {
    expect(isInDoubt({ committed: 5, low: 4, high: 5 })).toBe(false);
    expect([3, 4, 6, undefined].map((committed) => isInDoubt({ committed, low: 4, high: 5 }))).toEqual(
      Array(4).fill(true),
    );
  });

  it('is_another_one_when_it_never_had_what_was_delivered', () => {
    expect(isMadeAnew({ committed: 0, low: 0, high: 10 }, 10)).toBe(true);
    expect(isMadeAnew({ committed: 0, low: 0, high: 10 }, 9)).toBe(false);
    expect(isMadeAnew({ committed: 0, low: 0, high: 0 }, 0)).toBe(true);
    // All of it was delivered, and retention has removed it since.
    expect(isMadeAnew({ committed: undefined, low: 10, high: 10 }, 9)).toBe(false);
    expect(isMadeAnew({ committed: undefined, low: 0, high: 10 }, -1)).toBe(false);
  });
});
