import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnClient } from './kafkajs-client.ts';
import type { FetchAnswer, FetchedPartition } from './kafkajs-fetch.ts';
import type { Broker, UndecodableMessage } from './kafkajs-internals.ts';
import { toRecord } from './kafkajs-record.ts';
import { refusalOf } from './kafkajs-refusal.ts';
import { ConsumerInside } from './kafkajs-session.ts';
import type { Offset, Stream } from './stream.ts';

const fetchBytes = 8 * 1_048_576;
const followWaitMs = 500;
const readCommitted = 1;
const triesMax = 40;
const pauseMs = 250;

type ReadOptions = Parameters<Stream['read']>[0];

/**
 * Reads one partition without a group. kafkajs has no such consumer, so this fetches by itself over the connections of a
 * consumer that never joins.
 */
export async function readPartition(client: OwnClient, options: ReadOptions): Promise<Offset> {
  const reader = new PartitionReader(client, options);
  const cut = () => client.cut();
  options.signal?.addEventListener('abort', cut);
  try {
    return await reader.read();
  } finally {
    options.signal?.removeEventListener('abort', cut);
    await reader.close();
  }
}

class PartitionReader {
  readonly #client: OwnClient;
  readonly #options: ReadOptions;
  readonly #inside: ConsumerInside;
  #next: Offset;
  #failures = 0;
  #isOutOfRange = false;

  constructor(client: OwnClient, options: ReadOptions) {
    this.#client = client;
    this.#options = options;
    this.#next = options.from;
    this.#inside = new ConsumerInside({
      onFetch: () => undefined,
      onMessages: () => undefined,
      onOutOfRange: () => {
        this.#isOutOfRange = true;
      },
    });
    client.kafka.consumer({
      groupId: 'never-joined',
      partitionAssigners: [this.#inside.assigner],
      allowAutoTopicCreation: false,
    });
  }

  async read(): Promise<Offset> {
    const { signal, follow, onCaughtUp, to = Number.POSITIVE_INFINITY } = this.#options;
    const ends = await this.#retried(() => this.#ends());
    if (ends === undefined) return this.#next;
    if (this.#next > ends.end) throw new RangeError(`offset ${this.#next} is beyond the log's end, ${ends.end}`);
    this.#next = Math.max(this.#next, ends.low);
    const end = Math.min(ends.end, to);
    while (this.#next < end && !signal?.aborted) await this.#retried(() => this.#step(end, 0));
    if (this.#next >= end && !signal?.aborted) await onCaughtUp?.(this.#next);
    while (follow && !signal?.aborted) await this.#retried(() => this.#step(Number.POSITIVE_INFINITY, followWaitMs));
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#inside.cluster.disconnect().catch(() => undefined);
    this.#client.cut();
  }

  /** The log's start, and the end of what a reader of committed records can read now. */
  async #ends(): Promise<{ low: Offset; end: Offset }> {
    const { cluster } = this.#inside;
    const { topic, partition } = this.#options;
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    const [low, end] = await Promise.all(
      [true, false].map(async (fromBeginning) => {
        const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }]);
        return Number(answer?.partitions[0]?.offset ?? Number.NaN);
      }),
    );
    if (Number.isNaN(low) || Number.isNaN(end)) throw new Error(`${topic} has no partition ${partition}`);
    return { low: low!, end: end! };
  }

  /** One fetch: hands over what lies before `end` and moves on. */
  async #step(end: Offset, maxWaitTime: number): Promise<void> {
    const { topic, partition, signal, onRecord } = this.#options;
    const fetched = await this.#fetch(await this.#leader(), maxWaitTime);
    if (this.#isOutOfRange) return this.#followLogStart();
    for (const message of fetched?.messages ?? []) {
      const offset = Number(message.offset);
      if (offset < this.#next) continue;
      if (signal?.aborted) return;
      if (message.undecodable) {
        if (message.undecodable.firstOffset >= end) return;
        await handOver(() => stepOver(this.#options, message.undecodable!));
        this.#next = offset + 1;
        continue;
      }
      // Also where the records end behind the last one of this reader: the batch may go on.
      if (offset >= end) {
        this.#next = end;
        return;
      }
      if (!message.isControlRecord) await handOver(() => onRecord(toRecord(message)));
      this.#next = offset + 1;
    }
    if (fetched === undefined) throw new Error(`the broker answered nothing about ${topic}/${partition}`);
  }

  async #leader(): Promise<Broker> {
    const { topic, partition } = this.#options;
    const [nodeId] = Object.keys(this.#inside.cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    return this.#inside.cluster.findBroker({ nodeId });
  }

  async #fetch(broker: Broker, maxWaitTime: number): Promise<FetchedPartition | undefined> {
    const { topic, partition } = this.#options;
    this.#isOutOfRange = false;
    const answer = (await broker.fetch({
      replicaId: -1,
      isolationLevel: readCommitted,
      maxWaitTime,
      minBytes: 1,
      maxBytes: fetchBytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(this.#next), maxBytes: fetchBytes }] }],
    })) as FetchAnswer;
    return answer.responses[0]?.partitions[0];
  }

  /** Retention or `deleteRecords` overtook the reader: it goes on where the log starts now. */
  async #followLogStart(): Promise<void> {
    const { low, end } = await this.#ends();
    if (this.#next > end)
      throw new HandOverError(new RangeError(`offset ${this.#next} is beyond the log's end, ${end}`));
    this.#next = Math.max(this.#next, low);
  }

  /** Tries again after a failure of the connection, in follow mode for ever; undefined when the signal aborted. */
  async #retried<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        const result = await work();
        this.#failures = 0;
        return result;
      } catch (error) {
        if (error instanceof HandOverError) throw error.cause;
        if (this.#options.signal?.aborted) return undefined;
        // Its caller tells somebody: only a person can mend that.
        const refusal = refusalOf(error, `Read of topic ${this.#options.topic}`);
        if (refusal !== undefined) throw refusal;
        this.#failures += 1;
        if (this.#failures > triesMax && !this.#options.follow) throw error;
        await sleep(pauseMs);
        await this.#inside.cluster.refreshMetadata().catch(() => undefined);
      }
    }
  }
}

async function stepOver(
  { topic, partition, onUndecodable }: ReadOptions,
  undecodable: UndecodableMessage['undecodable'],
): Promise<void> {
  const { firstOffset, lastOffset, reason } = undecodable;
  if (onUndecodable === undefined)
    throw new Error(`offsets ${firstOffset} to ${lastOffset} of ${topic}/${partition} can't be decoded: ${reason}`);
  await onUndecodable({ topic, partition, ...undecodable });
}

/** Carries a failure that no other try can mend past the tries: one of the caller's own code, or of the log's content. */
class HandOverError extends Error {
  constructor(cause: unknown) {
    super('the reader of a record failed', { cause });
  }
}

async function handOver(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new HandOverError(error);
  }
}
