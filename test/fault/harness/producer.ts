import type { ActivityEncoder } from '@tributary/local/feed/feed.ts';
import { type FeedRecord, jsonOf } from '@tributary/local/feed/feed-record.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { murmur2 } from '@tributary/schemas/kafka/handoff.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord, Publisher } from '@tributary/stream';

/** The header by which the checker knows a record in Kafka. */
export const uuidHeader = 'fault-uuid';

/** An event of the ledger. */
export interface SentEvent {
  readonly uuid: string;
  readonly account?: string;
  readonly eventClass: EventClass;
  readonly fate: FeedRecord['fate'];
  readonly fault?: string;
  /** AWS account of the workload. */
  readonly awsAccount?: string;
  /** False when the outcome of its send is unknown: it may lie in Kafka or not. */
  readonly acknowledged: boolean;
}

/** What a producer is made of. */
export interface ProducerOptions {
  readonly records: Iterator<FeedRecord>;
  readonly ratePerSecond: number;
  readonly publisher: () => Publisher;
  readonly encoder: ActivityEncoder;
  readonly partitions: number;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const tickMs = 100;
const batchMax = 500;

/** Sends events at a steady rate, goes on whatever happens to Kafka, and keeps the ledger of all. */
export class Producer {
  readonly sent = new Map<string, SentEvent>();
  readonly #options: ProducerOptions;
  readonly #held = new Set<EventClass>();
  readonly #waiting: FeedRecord[] = [];
  #publisher: Publisher;
  #taken = 0;
  #stopping = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#publisher = options.publisher();
  }

  /** Events with an unknown outcome so far. */
  get unknown(): number {
    return [...this.sent.values()].filter(({ acknowledged }) => !acknowledged).length;
  }

  /** Sends until `stop`; resolves when the last send has ended. */
  async run(): Promise<void> {
    const { now, ratePerSecond, records, sleep } = this.#options;
    const startedAt = now();
    while (!this.#stopping) {
      const due = Math.floor(((now() - startedAt) * ratePerSecond) / 1000) - this.#taken;
      for (let count = Math.min(due, batchMax); count > 0; count--) {
        const next = records.next();
        if (next.done) return this.close();
        this.#taken += 1;
        this.#waiting.push(next.value);
      }
      this.#sending = this.#send();
      await this.#sending;
      await sleep(tickMs);
    }
    this.#held.clear();
    await this.#send();
    await this.close();
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Keeps events of a class back until `release`; resolves when none is on its way. */
  async hold(eventClass: EventClass): Promise<void> {
    this.#held.add(eventClass);
    await this.#sending;
  }

  /** Sends what was kept back, with a session that knows nothing of the topic as it was before. */
  async release(eventClass: EventClass): Promise<void> {
    await this.#sending;
    const before = this.#publisher;
    this.#publisher = this.#options.publisher();
    await before.close();
    this.#held.delete(eventClass);
  }

  async close(): Promise<void> {
    await this.#publisher.close();
  }

  async #send(): Promise<void> {
    const ready = this.#waiting.filter(({ eventClass }) => !this.#held.has(eventClass));
    const kept = this.#waiting.filter(({ eventClass }) => this.#held.has(eventClass));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    if (ready.length === 0) return;
    const outgoing = await Promise.all(ready.map((record, at) => this.#outgoing(record, at % 3 === 0)));
    const acknowledged = await this.#publisher.publish(outgoing).then(
      () => true,
      () => false,
    );
    for (const record of ready) this.sent.set(record.uuid, sentEventOf(record, acknowledged));
  }

  async #outgoing({ eventClass, key, payload, uuid }: FeedRecord, asJson: boolean): Promise<OutgoingRecord> {
    const { encoder, partitions } = this.#options;
    const value =
      'bytes' in payload
        ? payload.bytes
        : asJson
          ? jsonOf(payload.activity)
          : await encoder.encode(eventClass, payload.activity);
    const partition = (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
    return { topic: agentTopic(eventClass), partition, key, value, headers: { [uuidHeader]: uuid } };
  }
}

function sentEventOf(
  { uuid, account, eventClass, fate, fault, payload }: FeedRecord,
  acknowledged: boolean,
): SentEvent {
  const awsAccount = 'activity' in payload ? payload.activity.awsAccountId : undefined;
  return {
    ...{ uuid, eventClass, fate, acknowledged },
    ...(account === undefined ? {} : { account }),
    ...(fault === undefined ? {} : { fault }),
    ...(awsAccount === undefined ? {} : { awsAccount }),
  };
}
