import {
  flusherTransactionalId,
  groupNames,
  knownTransactionalId,
  requeueTransactionalId,
} from '@tributary/schemas/kafka/groups.ts';
import {
  agentTopic,
  auditTopic,
  handoffTopic,
  operationsTopic,
  receiptsTopic,
  registrationsTopic,
  rejectedTopic,
} from '@tributary/schemas/kafka/topics.ts';
import type { Stream } from '@tributary/stream';
import { acts } from './acts.ts';
import type { User } from './secured-stack.ts';

const agents = agentTopic('file-activity');
const handoff = handoffTopic('file-activity');
const flusherId = flusherTransactionalId('file-activity', 0);

const create = async (stream: Stream) => {
  const admin = stream.admin();
  const topic = { name: 'agent.other', partitions: 1, replicationFactor: 1, config: {} };
  await admin.createTopics([topic]).finally(() => admin.close());
};

type Forbidden = readonly [user: User, what: string, act: (stream: Stream) => Promise<unknown>];

const reads = (user: User, topic: string): Forbidden => [user, `read ${topic}`, (stream) => acts.read(stream, topic)];
const looksAt = (user: User, topic: string): Forbidden => [
  user,
  `look at ${topic}`,
  (stream) => acts.ends(stream, topic),
];
const writes = (user: User, topic: string): Forbidden => [
  user,
  `write ${topic}`,
  (stream) => acts.write(stream, topic),
];
const takes = (user: User, id: string): Forbidden => [user, `take ${id} over`, (stream) => acts.fence(stream, id)];
const joins = (user: User, group: string, topic: string): Forbidden => [
  ...([user, `join ${group}`] as const),
  (stream) => acts.join(stream, group, topic),
];

/** What would hurt somebody if it were possible. */
export const forbidden: readonly Forbidden[] = [
  writes('agents', handoff),
  writes('agents', registrationsTopic),
  writes('agents', rejectedTopic),
  reads('agents', agents),
  looksAt('agents', receiptsTopic),
  takes('agents', flusherId),
  looksAt('consumer', receiptsTopic),
  reads('consumer', registrationsTopic),
  reads('consumer', handoff),
  writes('consumer', agents),
  writes('consumer', registrationsTopic),
  writes('consumer', receiptsTopic),
  joins('consumer', groupNames.flusher, agents),
  takes('consumer', flusherId),
  ['consumer', 'make a topic', create],
  looksAt('flusher', agents),
  writes('flusher', handoff),
  writes('flusher', registrationsTopic),
  reads('flusher', registrationsTopic),
  joins('flusher', groupNames.consumer, handoff),
  takes('flusher', knownTransactionalId),
  reads('registration', agents),
  reads('registration', handoff),
  writes('registration', receiptsTopic),
  writes('registration', agents),
  joins('registration', groupNames.consumer, auditTopic),
  takes('registration', flusherId),
  looksAt('registration', operationsTopic),
  reads('topics', agents),
  writes('topics', registrationsTopic),
  looksAt('operator', handoff),
  writes('operator', handoff),
  takes('operator', flusherId),
  joins('operator', groupNames.consumer, agents),
  ['operator', 'make a topic', create],
  looksAt('stranger', agents),
  takes('stranger', requeueTransactionalId),
];
