import { Fault } from '@tributary/schemas/faults.ts';
import type { Producer, RecordMetadata } from 'kafkajs';
import { compressionTypes } from './kafkajs-admin.ts';
import { errorType, type OwnClient, type StreamLog } from './kafkajs-client.ts';
import { refusalOf } from './kafkajs-refusal.ts';
import { partitionKey } from './partition-cursor.ts';
import { planSends, type SendLimits } from './publish-plan.ts';
import type { Offset, OutgoingRecord, Publisher } from './stream.ts';

/** Below the smallest `max.message.bytes` of our topics (1 MiB), so that no batch is refused for its size. */
const sendLimits: SendLimits = { batchBytesMax: 900_000, batchRecordsMax: 5_000, requestBytesMax: 32 * 1_048_576 };

interface Call {
  readonly records: readonly OutgoingRecord[];
  resolve(offsets: Offset[]): void;
  reject(error: Error): void;
}

/** One producer id with its connections. */
interface Session {
  readonly producer: Producer;
  cut(): void;
}

/** What a publisher is made of. */
export interface PublisherOptions {
  readonly createClient: () => OwnClient;
  readonly log: StreamLog;
  readonly compression: keyof typeof compressionTypes;
  /** How long one send is tried, in ms. */
  readonly sendTimeoutMs: number;
}

/**
 * The publisher on kafkajs. Sends go one after the other: kafkajs gives a send the sequence number of a failed one that it
 * has yet to try again, so two at once can lose records. Calls that wait meanwhile go together in the next send.
 *
 * After a failure the session is cut and a new producer id is used. With the old one a batch of the same size would
 * carry the same sequence as the lost one, and the broker would take it for a duplicate: answered, and never written.
 * All calls that wait at that time fail too, because none may overtake the failed one.
 */
export class KafkajsPublisher implements Publisher {
  readonly #options: PublisherOptions;
  #waiting: Call[] = [];
  #session: Session | undefined;
  #draining: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  publish(records: readonly OutgoingRecord[]): Promise<Offset[]> {
    if (this.#isClosed) return Promise.reject(new Fault('handoff-send-failed', 'the publisher is closed'));
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#draining;
    const session = this.#session;
    this.#session = undefined;
    await session?.producer.disconnect();
    session?.cut();
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // calls made in the same turn go together
    while (this.#waiting.length > 0) {
      const calls = this.#waiting;
      this.#waiting = [];
      try {
        const offsets = await this.#sendAll(calls.flatMap((call) => call.records));
        let at = 0;
        for (const call of calls) {
          call.resolve(offsets.slice(at, at + call.records.length));
          at += call.records.length;
        }
      } catch (error) {
        this.#session?.cut();
        this.#session = undefined;
        const overtaken = this.#waiting;
        this.#waiting = [];
        const all = [...calls, ...overtaken];
        const topics = [...new Set(all.flatMap(({ records }) => records.map(({ topic }) => topic)))];
        const detail = errorType(error) ?? (error as Error).message;
        const fault =
          refusalOf(error, `Write of topic ${topics.join(', ')}`) ??
          new Fault('handoff-send-failed', detail, { cause: error });
        this.#options.log.warn({ reason: detail }, 'a send failed for good; the next one uses a new producer id');
        for (const call of all) call.reject(fault);
      }
    }
    this.#draining = undefined; // in the same turn as the last look at who waits
  }

  async #sendAll(records: readonly OutgoingRecord[]): Promise<Offset[]> {
    const offsets = new Array<Offset>(records.length);
    for (const indices of planSends(records, sendLimits)) await this.#send(records, indices, offsets);
    return offsets;
  }

  async #send(records: readonly OutgoingRecord[], indices: readonly number[], offsets: Offset[]): Promise<void> {
    const byTopic = new Map<string, OutgoingRecord[]>();
    for (const index of indices) {
      const record = records[index]!;
      const list = byTopic.get(record.topic);
      if (list) list.push(record);
      else byTopic.set(record.topic, [record]);
    }
    const answers = await this.#withinTime(async () => {
      const { producer } = this.#session ?? (await this.#connect());
      return producer.sendBatch({
        acks: -1,
        compression: compressionTypes[this.#options.compression],
        topicMessages: [...byTopic].map(([topic, list]) => ({ topic, messages: list.map(toMessage) })),
      });
    });
    const next = baseOffsets(answers);
    for (const index of indices) {
      const { topic, partition } = records[index]!;
      const key = partitionKey(topic, partition);
      const offset = next.get(key);
      // kafkajs reports success without having sent, when the partition isn't in its metadata or its leader moved to
      // a broker that had answered already.
      if (offset === undefined) throw new Error(`no answer for ${key}`);
      offsets[index] = offset;
      next.set(key, offset + 1);
    }
  }

  async #connect(): Promise<Session> {
    const client = this.#options.createClient();
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => (args) => args.message.partition!,
    });
    const session = { producer, cut: client.cut };
    this.#session = session; // before it is connected, so that it can be cut
    await producer.connect();
    return session;
  }

  async #withinTime<T>(work: () => Promise<T>): Promise<T> {
    const { sendTimeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${sendTimeoutMs} ms`)), sendTimeoutMs);
    });
    try {
      const working = work();
      working.catch(() => undefined); // when it fails after `late` has won
      return await Promise.race([working, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function toMessage({ key, value, partition, headers }: OutgoingRecord) {
  return { key, value, partition, ...(headers === undefined ? {} : { headers: { ...headers } }) };
}

function baseOffsets(answers: readonly RecordMetadata[]): Map<string, Offset> {
  const bases = new Map<string, Offset>();
  for (const { topicName, partition, baseOffset } of answers) {
    const key = partitionKey(topicName, partition);
    if (baseOffset !== undefined && Number(baseOffset) >= 0 && !bases.has(key)) bases.set(key, Number(baseOffset));
  }
  return bases;
}
