import { expect, it } from '@jest/globals';
import { fileActivity, Rig, registrationOf } from './rig.fixture.ts';

const account = '111111111111';

it('hands_everything_off_also_with_room_for_less_than_one_event_and_holds_nothing_in_the_end', async () => {
  const rig = new Rig({ memory: { heldBytesMax: 1, workBytesMax: 1 } });
  try {
    await rig.register(registrationOf(account));
    for (const partition of [0, 1]) await rig.feed(partition, fileActivity(account), fileActivity(account));
    await rig.start();
    await rig.drained();
    await rig.turns(3);
    await rig.feed(0, fileActivity(account));
    await rig.drained();
    expect(rig.rows()).toHaveLength(5);
    expect(await rig.metrics.page()).toContain('tributary_consumer_buffered_bytes 0');
  } finally {
    await rig.stop();
  }
});

it('says_that_a_partition_waits_on_purpose_while_redis_is_away_and_not_otherwise', async () => {
  const rig = new Rig();
  const partition = { topic: 'agent.file-activity', partition: 0 };
  try {
    await rig.register(registrationOf(account));
    await rig.start();
    expect(rig.intake.isWaiting(partition)).toBe(false);
    rig.store.goAway();
    await rig.feed(0, fileActivity(account));
    while (!rig.intake.isWaiting(partition)) await rig.turns(1);
    rig.store.comeBack();
    await rig.drained();
    while (rig.intake.isWaiting(partition)) await rig.turns(1);
  } finally {
    await rig.stop();
  }
});
