import { type ClusterLayout, type TopicContract, topicConfig, topics } from '@tributary/schemas/kafka/topics.ts';
import type { StreamAdmin } from './stream.ts';

/** A topic whose partition count is not the layout's; `found` is undefined where there is no such topic. */
export class WrongTopics extends Error {
  constructor(
    wrong: readonly { readonly name: string; readonly found: number | undefined; readonly expected: number }[],
  ) {
    const lines = wrong.map(
      ({ name, found, expected }) =>
        `  ${name}: ${found === undefined ? 'does not exist' : `${found} partitions`}, expected ${expected}`,
    );
    super(
      `These topics are not as the cluster layout says, and routing depends on the partition counts:\n${lines.join('\n')}\n` +
        'Make missing topics with: npx tributary topics create. One that exists is hidden from a user who may not describe it: compare its rights with npx tributary acls. For another count, use the layout that the topics were made with; never change it in place.',
    );
    this.name = 'WrongTopics';
  }
}

/** Makes every topic of the contract that is missing, and answers their names. Throws WrongTopics when one that exists has another partition count. */
export async function ensureTopics(admin: StreamAdmin, layout: ClusterLayout): Promise<string[]> {
  const made = await admin.createTopics(
    topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions(layout),
      replicationFactor: layout.replicationFactor,
      config: topicConfig(topic, layout),
    })),
  );
  await expectTopics(admin, topics, layout);
  return made;
}

/** Throws WrongTopics unless each topic exists with the layout's partition count: without that no service may start. */
export async function expectTopics(
  admin: StreamAdmin,
  expected: readonly TopicContract[],
  layout: ClusterLayout,
): Promise<void> {
  const counts = await admin.partitionCounts(expected.map(({ name }) => name));
  const wrong = expected
    .map((topic) => ({ name: topic.name, found: counts.get(topic.name), expected: topic.partitions(layout) }))
    .filter(({ found, expected: wanted }) => found !== wanted);
  if (wrong.length > 0) throw new WrongTopics(wrong);
}
