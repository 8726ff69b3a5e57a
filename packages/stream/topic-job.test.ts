import { expect, it } from '@jest/globals';
import { clusterLayouts, topics } from '@tributary/schemas/kafka/topics.ts';
import type { StreamAdmin, TopicShape } from './stream.ts';
import { ensureTopics, expectTopics, WrongTopics } from './topic-job.ts';

function adminOf(existing: ReadonlyMap<string, number>): StreamAdmin & { made: TopicShape[] } {
  const made: TopicShape[] = [];
  return {
    made,
    createTopics: async (wanted) => {
      const missing = wanted.filter(({ name }) => !existing.has(name));
      made.push(...missing);
      return missing.map(({ name }) => name);
    },
    partitionCounts: async () =>
      new Map([...existing, ...made.map(({ name, partitions }) => [name, partitions] as const)]),
    ends: async () => [],
    startingAt: async () => new Map(),
    committed: async () => new Map(),
    close: async () => {},
  };
}

it('makes every topic of the contract as its contract says', async () => {
  const admin = adminOf(new Map());
  expect(await ensureTopics(admin, clusterLayouts.production)).toEqual(topics.map(({ name }) => name));
  expect(admin.made.find(({ name }) => name === 'ocsf.dns-activity')).toMatchObject({
    partitions: 24,
    replicationFactor: 3,
    config: {
      'min.insync.replicas': '2',
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': '16777216',
      'unclean.leader.election.enable': 'false',
    },
  });
  expect(admin.made.find(({ name }) => name === 'registrations')?.config['cleanup.policy']).toBe('compact');
});

it('changes nothing that exists, and stops when a count is another one', async () => {
  const admin = adminOf(
    new Map(
      topics.map((topic) => [
        topic.name,
        topic.name === 'ocsf.dns-activity' ? 7 : topic.partitions(clusterLayouts.local),
      ]),
    ),
  );
  await expect(ensureTopics(admin, clusterLayouts.local)).rejects.toThrow(WrongTopics);
  await expect(ensureTopics(admin, clusterLayouts.local)).rejects.toThrow(
    'ocsf.dns-activity: 7 partitions, expected 2',
  );
  expect(admin.made).toEqual([]);
});

it('says which topics are missing and how to make them', async () => {
  await expect(expectTopics(adminOf(new Map()), topics, clusterLayouts.local)).rejects.toThrow(
    /rejected: does not exist.*npx tributary topics create/s,
  );
});
