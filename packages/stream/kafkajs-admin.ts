import kafkajs, { type Admin } from 'kafkajs';
import type { OwnClient } from './kafkajs-client.ts';
import { orRefused } from './kafkajs-refusal.ts';
import { partitionKey } from './partition-cursor.ts';
import type { CommittedOffset, Offset, PartitionEnds, StreamAdmin, TopicPartition, TopicShape } from './stream.ts';

/**
 * The one admin connection of a stream. It connects with the first use and closes when nobody holds it any more.
 */
export class SharedAdmin {
  readonly #createClient: () => OwnClient;
  #holders = 0;
  #connecting: Promise<Admin> | undefined;

  constructor(createClient: () => OwnClient) {
    this.#createClient = createClient;
  }

  /** Holds the connection until `release` of the answer is called. */
  hold(): { use<T>(work: (admin: Admin) => Promise<T>): Promise<T>; release(): Promise<void> } {
    this.#holders += 1;
    let held = true;
    return {
      use: async (work) => work(await this.#connect()),
      release: async () => {
        if (!held) return;
        held = false;
        this.#holders -= 1;
        if (this.#holders > 0) return;
        const connecting = this.#connecting;
        this.#connecting = undefined;
        await (await connecting?.catch(() => undefined))?.disconnect();
      },
    };
  }

  #connect(): Promise<Admin> {
    this.#connecting ??= (async () => {
      const admin = this.#createClient().kafka.admin();
      await admin.connect();
      return admin;
    })().catch((error) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }
}

/** The admin of the port, over the shared connection. */
export function createKafkajsAdmin(shared: SharedAdmin): StreamAdmin {
  const held = shared.hold();
  return {
    createTopics: (topics) =>
      orRefused('Create and Describe of every topic', () => held.use((admin) => createTopics(admin, topics))),
    partitionCounts: (topics) => held.use((admin) => partitionCounts(admin, topics)),
    ends: (topic) => orRefused(`Describe of topic ${topic}`, () => held.use((admin) => fetchEnds(admin, topic))),
    startingAt: (topic, timeMs) =>
      orRefused(`Describe of topic ${topic}`, () => held.use((admin) => fetchStarts(admin, topic, timeMs))),
    committed: (groupId, topic) =>
      orRefused(`Describe of group ${groupId} and of topic ${topic}`, () =>
        held.use((admin) => fetchCommitted(admin, groupId, topic)),
      ),
    close: () => held.release(),
  };
}

async function createTopics(admin: Admin, topics: readonly TopicShape[]): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const made: string[] = [];
  for (const { name, partitions, replicationFactor, config } of topics) {
    if (existing.has(name)) continue;
    const configEntries = Object.entries(config).map(([entry, value]) => ({ name: entry, value }));
    // Answers false when another process made the topic meanwhile.
    const isNew = await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }],
    });
    if (isNew) made.push(name);
  }
  return made;
}

async function partitionCounts(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const existing = new Set(await admin.listTopics());
  const present = topics.filter((topic) => existing.has(topic));
  if (present.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics: present });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** Ends of every partition of a topic, in order. */
export async function fetchEnds(admin: Admin, topic: string): Promise<PartitionEnds[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  return ends
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .sort((a, b) => a.partition - b.partition);
}

/** kafkajs answers the end of a partition where no record is as new. */
async function fetchStarts(admin: Admin, topic: string, timeMs: number): Promise<Map<number, Offset>> {
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic, timeMs);
  return new Map(starts.map(({ partition, offset }) => [partition, Number(offset)]));
}

/** What a group has committed, of the partitions it ever committed. */
export async function fetchCommitted(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<Map<number, CommittedOffset>> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const committed = new Map<number, CommittedOffset>();
  for (const { partition, offset, metadata } of answer?.partitions ?? [])
    if (Number(offset) >= 0) committed.set(partition, { offset: Number(offset), metadata: metadata ?? '' });
  return committed;
}

/** Where a group starts in each partition: at what it committed, else where the log starts; with the log's ends. */
export async function startPositions(
  admin: Admin,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, { start: Offset; low: Offset; high: Offset }>> {
  const positions = new Map<string, { start: Offset; low: Offset; high: Offset }>();
  for (const topic of new Set(partitions.map((owned) => owned.topic))) {
    const [committed, ends] = await Promise.all([fetchCommitted(admin, groupId, topic), fetchEnds(admin, topic)]);
    for (const { partition, low, high } of ends)
      positions.set(partitionKey(topic, partition), { start: committed.get(partition)?.offset ?? low, low, high });
  }
  return positions;
}

/** Compression as kafkajs numbers it. */
export const compressionTypes = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  snappy: kafkajs.CompressionTypes.Snappy,
  lz4: kafkajs.CompressionTypes.LZ4,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;
