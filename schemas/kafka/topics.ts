import { type EventClass, eventClassNames } from '../event-classes.ts';

/** How large a cluster is laid out. Routing depends on the partition counts: never change them for topics that exist. */
export interface ClusterLayout {
  readonly agentPartitions: number;
  readonly handoffPartitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
}

/** The layouts we run: `local` is one broker on one machine. */
export const clusterLayouts = {
  production: { agentPartitions: 48, handoffPartitions: 24, replicationFactor: 3, minInsyncReplicas: 2 },
  local: { agentPartitions: 2, handoffPartitions: 2, replicationFactor: 1, minInsyncReplicas: 1 },
} as const satisfies Record<string, ClusterLayout>;

export type ClusterLayoutName = keyof typeof clusterLayouts;

/** One topic: who writes and reads it, how it is keyed, how long it keeps and how it is made. */
export interface TopicContract {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly writers: readonly string[];
  readonly readers: readonly string[];
  /** Who reads no record of it, but asks where it begins and ends. */
  readonly watchers: readonly string[];
  readonly partitions: (layout: ClusterLayout) => number;
  /** Retention in ms; -1 keeps for ever (compacted). */
  readonly retentionMs: number;
  readonly compacted: boolean;
  readonly messageBytesMax: number;
}

const dayMs = 86_400_000;
const mebibyte = 1_048_576;

/** The topic on which agents' activity of `eventClass` arrives. */
export const agentTopic = (eventClass: EventClass): string => `agent.${eventClass}`;
/** The hand-off topic of `eventClass`: Arrow record batches, partitioned by registration. */
export const handoffTopic = (eventClass: EventClass): string => `ocsf.${eventClass}`;
/** Where records go that nobody can be given, with the reason. */
export const rejectedTopic = 'rejected';
/** The journal: every change of a registration or API key. */
export const registrationsTopic = 'registrations';
/** What became of rows: delivered objects, and rows that were dropped. */
export const receiptsTopic = 'receipts';

/** Who changed what in registrations and API keys, when. */
export const auditTopic = 'audit';

/** What operators set going: replays with their plan and how far they are, and rejected events that were produced again. */
export const operationsTopic = 'operations';

/** The event class of an agent or hand-off topic, or undefined for any other topic. */
export function eventClassOfTopic(topic: string): EventClass | undefined {
  return eventClassNames.find((eventClass) => topic === agentTopic(eventClass) || topic === handoffTopic(eventClass));
}

const perClass = eventClassNames.flatMap((eventClass): TopicContract[] => [
  {
    name: agentTopic(eventClass),
    key: 'endpoint id',
    value: 'one activity: Avro in Confluent wire format, or plain JSON',
    writers: ['agents', 'operator'],
    readers: ['consumer', 'operator'],
    watchers: ['registration'],
    partitions: (layout) => layout.agentPartitions,
    retentionMs: 7 * dayMs,
    compacted: false,
    messageBytesMax: mebibyte,
  },
  {
    name: handoffTopic(eventClass),
    key: 'source topic-partition',
    value: 'Arrow IPC streams, one for each OCSF version: rows of many registrations of this partition',
    writers: ['consumer'],
    readers: ['flusher'],
    watchers: ['registration'],
    partitions: (layout) => layout.handoffPartitions,
    retentionMs: 3 * dayMs,
    compacted: false,
    messageBytesMax: 16 * mebibyte,
  },
]);

/**
 * Every topic there is. The admin job makes them from this list; nothing makes a topic automatically, and a topic that
 * exists with another partition count stops the start of every service.
 */
export const topics: readonly TopicContract[] = [
  ...perClass,
  {
    name: rejectedTopic,
    key: 'source topic-partition',
    value: 'the original bytes; headers: source position, fault code, reason',
    writers: ['consumer'],
    readers: ['operator', 'registration'],
    watchers: [],
    partitions: () => 1,
    retentionMs: 14 * dayMs,
    compacted: false,
    messageBytesMax: 16 * mebibyte,
  },
  {
    name: registrationsTopic,
    key: 'account/class, or apikey/<id>',
    value: 'the whole registration (or API key) after a change, JSON',
    writers: ['registration', 'operator'],
    readers: ['registration', 'operator'],
    watchers: ['consumer', 'flusher'],
    partitions: () => 1,
    retentionMs: -1,
    compacted: true,
    messageBytesMax: mebibyte,
  },
  {
    name: receiptsTopic,
    key: 'account/class',
    value: 'one object that was delivered or parked, or rows that were dropped, JSON',
    writers: ['flusher', 'operator'],
    readers: ['registration'],
    watchers: [],
    partitions: () => 1,
    retentionMs: 14 * dayMs,
    compacted: false,
    messageBytesMax: mebibyte,
  },
  {
    name: auditTopic,
    key: 'account',
    value: 'one change of a registration or API key: who, what, before, after, JSON',
    writers: ['registration', 'operator'],
    readers: ['operator'],
    watchers: [],
    partitions: () => 1,
    retentionMs: 400 * dayMs,
    compacted: false,
    messageBytesMax: mebibyte,
  },
  {
    name: operationsTopic,
    key: 'id of a plan, or the position of an event',
    value: 'a replay’s plan, a range of it that is delivered, or a rejected event that was produced again, JSON',
    writers: ['operator'],
    readers: ['operator'],
    watchers: [],
    partitions: () => 1,
    // Longer than agents' topics and `rejected` keep what it speaks of.
    retentionMs: 30 * dayMs,
    compacted: false,
    messageBytesMax: mebibyte,
  },
];

/** The topics that `who` writes, reads or watches. */
export const topicsOf = (who: string): TopicContract[] =>
  topics.filter(({ writers, readers, watchers }) => [...writers, ...readers, ...watchers].includes(who));

/** The broker's settings of a topic, by Kafka's own names. Timestamps are the broker's (LogAppendTime): we measure arrival, not claims. */
export function topicConfig(topic: TopicContract, layout: ClusterLayout): Record<string, string> {
  return {
    'cleanup.policy': topic.compacted ? 'compact' : 'delete',
    'retention.ms': String(topic.retentionMs),
    'max.message.bytes': String(topic.messageBytesMax),
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(layout.minInsyncReplicas),
    'unclean.leader.election.enable': 'false',
  };
}
