import { Buffer } from 'node:buffer';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { murmur2 } from '@tributary/schemas/kafka/handoff.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OutgoingRecord, Publisher } from '@tributary/stream';
import { type Activity, type FeedRecord, jsonOf } from './feed-record.ts';
import { entryOf, type LedgerEntry } from './ledger.ts';

/** What producing needs from the outside; all handed in. */
export interface ProduceOptions {
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Avro in Confluent wire format, by the schema of the class. */
  readonly encode: (eventClass: EventClass, activity: Activity) => Promise<Buffer> | Buffer;
  /** Called with what the broker has acknowledged, in order. */
  readonly onAcknowledged: (entries: readonly LedgerEntry[]) => Promise<void> | void;
  readonly partitions: ReadonlyMap<string, number>;
  /** 0 to 1: how many of the activities go as plain JSON. */
  readonly jsonShare: number;
  /** Events a second; absent for as fast as the broker takes them. */
  readonly ratePerSecond?: number;
  readonly clock: { now(): number; sleep(ms: number): Promise<void> };
  readonly signal?: AbortSignal;
}

const batchRecordsMax = 2_000;
const batchBytesMax = 8 * 1_048_576;
/** With a rate, a batch is what falls due in this time. */
const tickMs = 50;

/**
 * Produces `records` keyed by endpoint, and hands each acknowledged one to the ledger. At most two batches are in memory.
 * Stops early, in good order, when the signal aborts. Rejects when a send failed for good: what it held may or may not
 * be in Kafka, so the run can prove nothing any more.
 */
export async function produce(
  records: Iterable<FeedRecord> | AsyncIterable<FeedRecord>,
  options: ProduceOptions,
): Promise<void> {
  const rate = options.ratePerSecond;
  const countMax = rate === undefined ? batchRecordsMax : Math.min(batchRecordsMax, Math.ceil((rate * tickMs) / 1000));
  const startedAt = options.clock.now();
  let taken = 0;
  let json = 0;
  let inFlight: Promise<void> = Promise.resolve();
  let batch: { readonly record: FeedRecord; readonly value: Buffer }[] = [];
  let bytes = 0;

  const send = async () => {
    const due = rate === undefined ? 0 : startedAt + ((taken - batch.length) * 1000) / rate - options.clock.now();
    if (due > 0) await options.clock.sleep(due);
    await inFlight;
    inFlight = publishBatch(batch, options);
    // Awaited before the next batch; until then a failure must not count as unhandled.
    inFlight.catch(() => {});
    batch = [];
    bytes = 0;
  };

  try {
    for await (const record of records) {
      if (options.signal?.aborted) break;
      taken += 1;
      // Spread evenly: of each run of 1/share activities one is JSON.
      const asJson = Math.floor(taken * options.jsonShare) > json;
      if (asJson) json += 1;
      const value = await encoded(record, asJson, options);
      batch.push({ record, value });
      bytes += value.length;
      if (batch.length >= countMax || bytes >= batchBytesMax) await send();
    }
    if (batch.length > 0) await send();
  } finally {
    // Whatever ended the loop: what is on its way must reach the ledger before that is closed.
    await inFlight;
  }
}

async function encoded({ payload, eventClass }: FeedRecord, asJson: boolean, { encode }: ProduceOptions) {
  if ('bytes' in payload) return payload.bytes;
  return asJson ? jsonOf(payload.activity) : encode(eventClass, payload.activity);
}

async function publishBatch(
  batch: readonly { readonly record: FeedRecord; readonly value: Buffer }[],
  { publisher, partitions, onAcknowledged }: ProduceOptions,
): Promise<void> {
  const outgoing = batch.map(({ record, value }): OutgoingRecord => {
    const topic = agentTopic(record.eventClass);
    return { topic, partition: partitionOf(record.key, topic, partitions), key: record.key, value };
  });
  const offsets = await publisher.publish(outgoing).catch((cause: Error) => {
    throw new Error(
      `Kafka did not acknowledge ${outgoing.length} events. They may be there or not, and the ledger ` +
        'lacks them: this run cannot prove completeness any more. Start another one.',
      { cause },
    );
  });
  await onAcknowledged(
    batch.map(({ record }, index) => {
      const { topic, partition } = outgoing[index]!;
      return entryOf(record, { topic, partition, offset: offsets[index]! });
    }),
  );
}

/** The partition that Kafka's default partitioner gives a key. */
function partitionOf(key: string, topic: string, partitions: ReadonlyMap<string, number>): number {
  const count = partitions.get(topic);
  if (count === undefined) throw new Error(`The topic ${topic} does not exist. Make the topics first.`);
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % count;
}
