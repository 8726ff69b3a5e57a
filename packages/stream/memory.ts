import { Fault } from '@tributary/schemas/faults.ts';
import { MemoryBroker } from './memory-broker.ts';
import { MemoryMember } from './memory-member.ts';
import { partitionKey } from './partition-cursor.ts';
import { recordBytes } from './publish-plan.ts';
import { RecordsTooLarge } from './records-too-large.ts';
import type {
  AtomicPublisher,
  FencedCommitter,
  Offset,
  OutgoingRecord,
  Publisher,
  Stream,
  StreamAdmin,
  TopicPartition,
} from './stream.ts';

export { MemoryBroker } from './memory-broker.ts';

/** A stream on a cluster in memory. Streams on the same broker are clients of the same cluster. */
export function createMemoryStream(broker: MemoryBroker = new MemoryBroker(Date.now)): Stream {
  return {
    member: (options) => new MemoryMember(broker, options),
    publisher: () => new MemoryPublisher(broker),
    atomicPublisher: ({ transactionalId }) => new MemoryAtomicPublisher(broker, transactionalId),
    committer: (options) => new MemoryCommitter(broker, options),
    admin: () => createMemoryAdmin(broker),
    read: (options) => readLog(broker, options),
  };
}

class MemoryPublisher implements Publisher {
  readonly #broker: MemoryBroker;
  #isClosed = false;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async publish(records: readonly OutgoingRecord[]): Promise<Offset[]> {
    if (this.#isClosed) throw new Fault('handoff-send-failed', 'the publisher is closed');
    const timestamp = this.#broker.now();
    const offsets: Offset[] = [];
    const moment = this.#broker.strike(
      'publish',
      records.map((record) => record.topic),
    );
    const landed = moment === 'before' ? 0 : moment === 'halfway' ? records.length >> 1 : records.length;
    try {
      for (const record of records.slice(0, landed))
        offsets.push(this.#broker.log(record.topic, record.partition).append(record, timestamp));
    } catch (error) {
      throw new Fault('handoff-send-failed', (error as Error).message);
    } finally {
      this.#broker.changed();
    }
    if (moment !== undefined) throw new Fault('handoff-send-failed', 'scripted');
    return offsets;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}

class MemoryAtomicPublisher implements AtomicPublisher {
  readonly #broker: MemoryBroker;
  readonly #transactionalId: string;
  #epoch = 0;
  #fault: Fault | undefined = new Fault('offsets-unknown', 'not fenced yet');

  constructor(broker: MemoryBroker, transactionalId: string) {
    this.#broker = broker;
    this.#transactionalId = transactionalId;
  }

  async fence(): Promise<void> {
    this.#epoch = (this.#broker.epochs.get(this.#transactionalId) ?? 0) + 1;
    this.#broker.epochs.set(this.#transactionalId, this.#epoch);
    this.#fault = undefined;
  }

  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#fault) throw this.#fault;
    if (this.#broker.epochs.get(this.#transactionalId) !== this.#epoch) {
      this.#fault = new Fault('fenced', 'INVALID_PRODUCER_EPOCH');
      throw this.#fault;
    }
    if (this.#areTooLarge(records)) {
      this.#fault = new RecordsTooLarge('MESSAGE_TOO_LARGE');
      throw this.#fault;
    }
    const moment = this.#broker.strike(
      'publish',
      records.map(({ topic }) => topic),
    );
    if (moment === undefined || moment === 'after') {
      for (const record of records) this.#broker.log(record.topic, record.partition).append(record, this.#broker.now());
      this.#broker.changed();
    }
    if (moment === undefined) return;
    this.#fault = new Fault('offsets-unknown', 'scripted');
    throw this.#fault;
  }

  async close(): Promise<void> {
    this.#fault = new Fault('offsets-unknown', 'the publisher is closed');
  }

  /** Whether one partition's are more than its topic takes in a batch, which a call's are. */
  #areTooLarge(records: readonly OutgoingRecord[]): boolean {
    const batches = Map.groupBy(records, ({ topic, partition }) => partitionKey(topic, partition));
    return [...batches.values()].some((batch) => {
      const most = this.#broker.topics.get(batch[0]!.topic)?.shape.config['max.message.bytes'];
      return most !== undefined && batch.reduce((sum, record) => sum + recordBytes(record), 0) > Number(most);
    });
  }
}

type CommitterOptions = TopicPartition & { readonly groupId: string; readonly transactionalId: string };

class MemoryCommitter implements FencedCommitter {
  readonly #broker: MemoryBroker;
  readonly #options: CommitterOptions;
  #epoch = 0;
  #fault: Fault | undefined = new Fault('offsets-unknown', 'not fenced yet');

  constructor(broker: MemoryBroker, options: CommitterOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  async fence() {
    const { transactionalId, groupId, topic, partition } = this.#options;
    this.#epoch = (this.#broker.epochs.get(transactionalId) ?? 0) + 1;
    this.#broker.epochs.set(transactionalId, this.#epoch);
    this.#fault = undefined;
    return this.#broker.group(groupId).committed(topic, partition);
  }

  async commit(offset: Offset, metadata: string): Promise<void> {
    const { transactionalId, groupId, topic, partition } = this.#options;
    await Promise.resolve();
    if (this.#fault) throw this.#fault;
    try {
      if (this.#broker.epochs.get(transactionalId) !== this.#epoch) throw new Fault('fenced', 'INVALID_PRODUCER_EPOCH');
      const moment = this.#broker.strike('commit', [topic]);
      if (moment !== 'before') this.#broker.group(groupId).commit(topic, partition, offset, metadata);
      if (moment !== undefined) throw new Fault('offsets-unknown', 'scripted');
    } catch (error) {
      this.#fault = error as Fault;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#fault = new Fault('offsets-unknown', 'the committer is closed');
  }
}

function createMemoryAdmin(broker: MemoryBroker): StreamAdmin {
  const partitionsOf = (topic: string) => {
    const found = broker.topics.get(topic);
    if (found === undefined) throw new Error(`there is no topic ${topic}`);
    return found.partitions;
  };
  return {
    createTopics: async (topics) => topics.filter((shape) => broker.createTopic(shape)).map(({ name }) => name),
    partitionCounts: async (topics) =>
      new Map(topics.filter((topic) => broker.topics.has(topic)).map((topic) => [topic, partitionsOf(topic).length])),
    ends: async (topic) => partitionsOf(topic).map((log) => log.ends),
    startingAt: async (topic, timeMs) =>
      new Map(partitionsOf(topic).map((log) => [log.partition, log.startingAt(timeMs)])),
    async committed(groupId, topic) {
      const all = partitionsOf(topic).map(
        ({ partition }) => [partition, broker.group(groupId).committed(topic, partition)] as const,
      );
      return new Map(all.filter(([, { offset }]) => offset !== undefined));
    },
    close: async () => undefined,
  };
}

async function readLog(broker: MemoryBroker, options: Parameters<Stream['read']>[0]): Promise<Offset> {
  const { topic, partition, from, to, follow, signal, onRecord, onUndecodable, onCaughtUp } = options;
  const { low, high } = broker.log(topic, partition).ends;
  if (from > high) throw new RangeError(`offset ${from} is beyond the log's end, ${high}`);
  let next = Math.max(from, low);
  const hand = async (until: Offset) => {
    for (;;) {
      const broken = broker.log(topic, partition).nextUndecodable(next);
      for (const record of broker.log(topic, partition).slice(next, Number.POSITIVE_INFINITY)) {
        if (record.offset >= until || signal?.aborted) break;
        await onRecord(record);
        next = record.offset + 1;
      }
      if (signal?.aborted) return;
      if (broken === undefined || broken.firstOffset >= until) break;
      if (onUndecodable === undefined)
        throw new Error(`offset ${broken.firstOffset} of ${topic}/${partition} can't be decoded: ${broken.reason}`);
      await onUndecodable(broken);
      next = broken.lastOffset + 1;
    }
    next = Math.max(next, until);
  };
  await hand(Math.min(high, to ?? high));
  if (!signal?.aborted) await onCaughtUp?.(next);
  while (follow && !signal?.aborted) {
    const { high } = broker.log(topic, partition).ends;
    if (high > next) await hand(high);
    else await nextChange(broker, signal);
  }
  return next;
}

function nextChange(broker: MemoryBroker, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unwatch();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const unwatch = broker.watch(done);
    signal?.addEventListener('abort', done);
  });
}
