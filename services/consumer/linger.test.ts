import { expect, it } from '@jest/globals';
import { fileActivity, Rig, registrationOf } from './rig.fixture.ts';

const account = '111111111111';
const lingerMs = 10_000;

it('rests after a small batch, with nothing held, and makes one message of what comes meanwhile', async () => {
  const rig = new Rig({ lingerMs });
  try {
    await rig.register(registrationOf(account));
    const restedWith: unknown[] = [];
    rig.inPause.push(() => {
      restedWith.push(rig.committed(0).offset);
      for (let count = 0; count < 3; count++) void rig.feed(0, fileActivity(account));
    });
    await rig.feed(0, fileActivity(account));
    await rig.start();
    while (rig.pauses.length < 2) await rig.turns(1);
    expect(restedWith).toEqual([1]);
    expect(rig.pauses).toEqual([lingerMs, lingerMs]);
    expect(rig.messages()).toHaveLength(2);
    expect(rig.rows()).toHaveLength(4);
    expect(await rig.metrics.page()).toContain('tributary_consumer_buffered_bytes 0');
  } finally {
    await rig.stop();
  }
});

it('does not rest after a batch of half of what a fetch may have of a partition: there may be a backlog', async () => {
  const rig = new Rig({ lingerMs });
  try {
    await rig.register(registrationOf(account));
    const large = { ...fileActivity(account), processCmd: 'x'.repeat(300 * 1_024) };
    await rig.feed(0, large, large);
    await rig.start();
    await rig.drained();
    await rig.turns(3);
    expect(rig.pauses).toEqual([]);
    expect(rig.rows()).toHaveLength(2);
  } finally {
    await rig.stop();
  }
});

it('stops at once while it rests, and hands nothing off again', async () => {
  const rig = new Rig({ lingerMs });
  await rig.register(registrationOf(account));
  let stopped: Promise<void> | undefined;
  rig.inPause.push(() => {
    stopped = rig.stop();
  });
  await rig.feed(0, fileActivity(account));
  await rig.start();
  while (stopped === undefined) await rig.turns(1);
  await stopped;
  expect(rig.rows()).toHaveLength(1);
  expect([rig.committed(0).offset, rig.crashes]).toEqual([1, []]);
});
