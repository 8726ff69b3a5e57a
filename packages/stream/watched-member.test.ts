import { describe, expect, it } from '@jest/globals';
import type { GroupMember, MemberHandlers, TopicPartition } from './stream.ts';
import { WatchedMember, type WatchOptions } from './watched-member.ts';

const partition = { topic: 't', partition: 0 };

/** A client that stands still at once, and what happens to it. */
function standing(changes: Partial<GroupMember> = {}): GroupMember {
  return {
    start: async () => {},
    stop: async () => {},
    commit: async () => {},
    seek() {},
    pause() {},
    resume() {},
    progress: () => [{ ...partition, position: 1, isHeld: false }],
    ...changes,
  };
}

/** A watched member of these clients, one after the other; each look takes as long as a partition may stand still. */
async function watching(clients: readonly GroupMember[], changes: Partial<WatchOptions> = {}) {
  const left = [...clients];
  const assigned: (readonly TopicPartition[])[] = [];
  const errors: string[] = [];
  let now = 0;
  const member = new WatchedMember({
    make: () => left.shift()!,
    admin: { ends: async () => [{ partition: 0, low: 0, high: 9 }] },
    log: {
      info() {},
      warn() {},
      debug() {},
      error: (_: unknown, message: string) => void errors.push(message),
    } as never,
    now: () => now,
    stuckMsMax: 60_000,
    isWaiting: () => false,
    onLook: () => {},
    stopMsMax: 5_000,
    ...changes,
  });
  const look = async () => {
    await member.look();
    now += 60_000;
  };
  const handlers = { onAssigned: async (all: readonly TopicPartition[]) => void assigned.push(all) };
  await member.start(handlers as unknown as MemberHandlers);
  return { member, look, assigned, errors };
}

describe('a restart of a client that is stuck', () => {
  it('starts a new one, and shows that nothing is the caller’s own meanwhile', async () => {
    const started: string[] = [];
    const { member, look, assigned } = await watching([
      standing(),
      standing({ start: async () => void started.push('the new client') }),
    ]);
    await look();
    await look();
    expect([started, assigned, member.notAlive()]).toEqual([['the new client'], [[]], undefined]);
    await member.stop();
  });

  // The story: a batch waited in place for a neighbour that was away, until its partition would be somebody else’s. The
  // restart waited for that batch.
  it('does not wait for a batch that is tried again in place for as long as its partition is the caller’s', async () => {
    const inPlace = Promise.withResolvers<void>();
    const started: string[] = [];
    const clients = [
      standing({ stop: () => inPlace.promise }),
      standing({ start: async () => void started.push('the new client') }),
    ];
    const { member, look, assigned } = await watching(clients);
    assigned.push = () => {
      inPlace.resolve();
      return 1;
    };
    await look();
    await look();
    expect([started, member.notAlive()]).toEqual([['the new client'], undefined]);
    await member.stop();
  });

  it('asks for a new process when the old client does not stop', async () => {
    const never = new Promise<void>(() => {});
    let stops = 0;
    const stop = () => (stops++ === 0 ? never : Promise.resolve());
    const { member, look } = await watching([standing({ stop })], { stopMsMax: 5 });
    await look();
    await look();
    expect(member.notAlive()).toMatch(/the client does not stop/);
    await member.stop();
  });

  it('asks for a new process when the new client does not join its group', async () => {
    const never = new Promise<void>(() => {});
    const { member, look } = await watching([standing(), standing({ start: () => never })], { startMsMax: 5 });
    await look();
    await look();
    expect(member.notAlive()).toMatch(/the client does not start/);
    await member.stop();
  });
});

it('outlives a look that fails, and says so', async () => {
  const twice = Promise.withResolvers<void>();
  let looks = 0;
  const onLook = () => {
    if (++looks === 2) twice.resolve();
    throw new Error('the metrics are gone');
  };
  const { member, errors } = await watching([standing()], { stuckMsMax: 4, onLook });
  await twice.promise;
  expect(errors[0]).toBe('a look at the partitions failed');
  await member.stop();
});
