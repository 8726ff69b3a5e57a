import { describe, expect, it } from '@jest/globals';
import { Collector } from './contract-collector.ts';
import { createMemoryStream, MemoryBroker } from './memory.ts';

const shape = { name: 't', partitions: 1, replicationFactor: 1, config: {} };
const record = (value: string) => ({ topic: 't', partition: 0, key: null, value });

describe('the scripted faults of the broker in memory', () => {
  it('fails_a_publish_before_halfway_or_after_it_landed', async () => {
    const broker = new MemoryBroker(() => 7);
    broker.createTopic(shape);
    const publisher = createMemoryStream(broker).publisher();
    const landed = async (when: 'before' | 'halfway' | 'after') => {
      const { high } = broker.log('t', 0).ends;
      broker.failPublish({ when, nth: 2 });
      await publisher.publish([record('fine')]);
      const failing = publisher.publish([record('a'), record('b')]);
      await expect(failing).rejects.toMatchObject({ code: 'handoff-send-failed' });
      return broker.log('t', 0).ends.high - high - 1;
    };
    expect([await landed('before'), await landed('halfway'), await landed('after')]).toEqual([0, 1, 2]);
    expect(broker.log('t', 0).slice(0, 1)[0]!.timestamp).toBe(7);
  });

  it('fails_a_commit_before_or_after_it_landed_and_the_committer_is_of_no_use_then', async () => {
    const broker = new MemoryBroker(() => 0);
    broker.createTopic(shape);
    const position = { topic: 't', partition: 0, groupId: 'g', transactionalId: 'x' };
    const tried = async (when: 'before' | 'after', offset: number) => {
      const committer = createMemoryStream(broker).committer(position);
      await committer.fence();
      broker.failCommit({ when });
      await expect(committer.commit(offset, '')).rejects.toMatchObject({ code: 'offsets-unknown' });
      await expect(committer.commit(offset, '')).rejects.toMatchObject({ code: 'offsets-unknown' });
      return broker.group('g').committed('t', 0).offset;
    };
    expect([await tried('before', 1), await tried('after', 2)]).toEqual([undefined, 2]);
  });

  it('refuses_the_commit_of_a_member_whose_session_ended', async () => {
    const broker = new MemoryBroker(() => 0);
    broker.createTopic(shape);
    const stream = createMemoryStream(broker);
    const zombie = new Collector(stream.member({ groupId: 'g', topics: ['t'] }));
    await zombie.start();
    await stream.publisher().publish([record('a')]);
    await zombie.take(1);
    broker.group('g').expireOldest();
    const late = zombie.member.commit({ topic: 't', partition: 0, offset: 1, metadata: '' });
    await expect(late).rejects.toMatchObject({ code: 'fenced' });
    await zombie.stop();
  });
});
