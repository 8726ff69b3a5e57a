import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { createKafkajsStream, type KafkajsOptions } from './kafkajs.ts';
import { compressionTypes } from './kafkajs-admin.ts';
import { batchBytesMax } from './kafkajs-codecs.ts';
import type { StreamHarness } from './stream.contract.ts';
import type { Compression, Stream, StreamRecord, TopicPartition } from './stream.ts';

const sendTimeoutMs = 8_000;
const compactionTries = 120;

/** What the contract suite needs of a real cluster, by kafkajs itself where the port has no word for it. */
export function createKafkajsHarness(options: KafkajsOptions, unique: string): StreamHarness {
  const connect = () => createKafkajsStream({ sendTimeoutMs, ...options });
  const client = () =>
    new kafkajs.Kafka({ brokers: [...options.brokers], clientId: 'harness', logLevel: kafkajs.logLevel.NOTHING });
  return {
    connect,
    unique,
    async leaveOpenTransaction({ transactionalId, groupId, topic, partition, offset }) {
      const producer = client().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      const transaction = await producer.transaction();
      const topics = [{ topic, partitions: [{ partition, offset: String(offset) }] }];
      await transaction.sendOffsets({ consumerGroupId: groupId, topics });
      await producer.disconnect();
    },
    writeUndecodable: (position) => sendBomb(options, position),
    async advanceStart(topic, partition, low) {
      const admin = client().admin();
      await admin.connect();
      await admin.fetchTopicOffsets(topic); // kafkajs needs the topic's leaders first
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(low) }] });
      await admin.disconnect();
    },
    compact: (topic) => awaitCompaction(connect(), topic),
  };
}

/** The cleaner only takes segments that are closed: each new record closes the one before. */
async function awaitCompaction(stream: Stream, topic: string): Promise<void> {
  const publisher = stream.publisher();
  for (let tried = 0; tried < compactionTries; tried++) {
    const [offset] = await publisher.publish([{ topic, partition: 0, key: 'roll', value: String(tried) }]);
    let kept = 0;
    await stream.read({ topic, partition: 0, from: 0, onRecord: () => void kept++ });
    if (kept < offset! / 2) return publisher.close();
    await sleep(500);
  }
  await publisher.close();
  throw new Error(`${topic} was not compacted in time`);
}

/** Some hundred kilobytes that grow beyond every bound: a batch that a broker takes, and no reader should. */
export async function sendBomb(options: KafkajsOptions, { topic, partition }: TopicPartition): Promise<void> {
  const producer = new kafkajs.Kafka({ brokers: [...options.brokers], logLevel: kafkajs.logLevel.NOTHING }).producer();
  await producer.connect();
  const messages = [{ partition, value: Buffer.alloc(batchBytesMax) }];
  await producer.send({ topic, messages, compression: kafkajs.CompressionTypes.GZIP });
  await producer.disconnect();
}

/** A transaction with data, for readers of committed records: its marker takes the offset after its records. */
export async function sendTransaction(
  options: KafkajsOptions,
  { topic, partition }: TopicPartition,
  values: readonly string[],
  outcome: 'commit' | 'abort' | 'leave open',
  compression: Compression = 'none',
): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...options.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const transactionalId = `data-${topic}-${values.join()}`;
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = values.map((value) => ({ partition, value }));
  await transaction.send({ topic, messages, compression: compressionTypes[compression] });
  if (outcome === 'commit') await transaction.commit();
  if (outcome === 'abort') await transaction.abort();
  await producer.disconnect();
}

/** The text of a record. */
export function textOf(record: StreamRecord): string | undefined {
  return record.value?.toString();
}

/** Deletes a topic with its records, as an operator would; resolves when the cluster lists it no more. */
export async function deleteTopic(options: KafkajsOptions, topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...options.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    // kafkajs asks again when an answer is late, and then hears that there is no such topic.
    await admin.deleteTopics({ topics: [topic] }).catch(async (error) => {
      if ((await admin.listTopics()).includes(topic)) throw error;
    });
    while ((await admin.listTopics()).includes(topic)) await sleep(50);
  } finally {
    await admin.disconnect();
  }
}
