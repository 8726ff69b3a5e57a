import type { AclRule } from '@tributary/schemas/kafka/acls.ts';
import { groupsOf, knownGroup, knownTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import { auditTopic } from '@tributary/schemas/kafka/topics.ts';
import type { KafkaAccess, Stream } from '@tributary/stream';

/** What a service or command does with Kafka, done by itself. Each rejects when the broker refuses it. */
export const acts = {
  async write(stream: Stream, topic: string): Promise<void> {
    const publisher = stream.publisher();
    await publisher.publish([{ topic, partition: 0, key: 'x', value: null }]).finally(() => publisher.close());
  },
  /** Reads the oldest record; there must be one. */
  async read(stream: Stream, topic: string): Promise<void> {
    const [first] = await acts.ends(stream, topic);
    const partition = first!.high > first!.low ? 0 : 1;
    await stream.read({ topic, partition, from: 0, to: 1, onRecord: () => undefined });
  },
  /** Asks to make a topic that exists. Its user must not see it meanwhile: who sees it doesn't ask. */
  async make(stream: Stream, name: string, access: KafkaAccess): Promise<void> {
    const sight = { operation: 'Describe', resourceType: 'topic', name, pattern: 'literal' } as const;
    const admin = stream.admin();
    await access.remove([{ ...sight, principal: 'User:topics' }]);
    try {
      await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, config: {} }]);
    } finally {
      await access.add([{ ...sight, principal: 'User:topics' }]);
      await admin.close();
    }
  },
  async ends(stream: Stream, topic: string) {
    const admin = stream.admin();
    return admin.ends(topic).finally(() => admin.close());
  },
  async committed(stream: Stream, group: string, topic: string): Promise<void> {
    const admin = stream.admin();
    await admin.committed(group, topic).finally(() => admin.close());
  },
  async join(stream: Stream, groupId: string, topic: string): Promise<void> {
    const member = stream.member({ groupId, topics: [topic] });
    const nothing = async () => undefined;
    const joining = member.start({ onBatch: nothing, onAssigned: nothing, onCrashed: () => undefined });
    await joining.finally(() => member.stop());
  },
  /** Takes a transactional id over, as its owner would. */
  async fence(stream: Stream, transactionalId: string): Promise<void> {
    const publisher = stream.atomicPublisher({ transactionalId });
    await publisher.fence().finally(() => publisher.close());
  },
  /** Writes what is written already: the number of registrations. */
  async commitKnown(stream: Stream, transactionalId: string = knownTransactionalId): Promise<void> {
    const committer = stream.committer({ topic: auditTopic, partition: 0, groupId: knownGroup, transactionalId });
    try {
      const { offset, metadata } = await committer.fence();
      await committer.commit(offset ?? 0, metadata);
    } finally {
      await committer.close();
    }
  },
};

/** The act of its user that needs this right. */
export function actOf(
  { principal, operation, resourceType, name }: AclRule,
  access: KafkaAccess,
): (stream: Stream) => Promise<unknown> {
  if (resourceType === 'transactional-id')
    return (stream) =>
      name === knownTransactionalId
        ? acts.commitKnown(stream)
        : acts.fence(stream, name.endsWith('.') ? `${name}0` : name);
  if (resourceType === 'group') {
    const [topic] = groupsOf().find((group) => group.name === name)!.topics;
    if (operation === 'Describe') return (stream) => acts.committed(stream, name, topic!);
    return (stream) => (name === knownGroup ? acts.commitKnown(stream) : acts.join(stream, name, topic!));
  }
  if (operation === 'Create') return (stream) => acts.make(stream, name, access);
  if (operation === 'Write') return (stream) => acts.write(stream, name);
  if (operation === 'Describe') return (stream) => acts.ends(stream, name);
  // The registration service reads no record of `audit`, but commits offsets of it.
  if (principal === 'registration' && name === auditTopic) return (stream) => acts.commitKnown(stream);
  return (stream) => acts.read(stream, name);
}
