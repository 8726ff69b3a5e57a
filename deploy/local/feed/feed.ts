import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Publisher, Stream } from '@tributary/stream';
import type { Activity, FeedRecord } from './feed-record.ts';
import type { LedgerEntry } from './ledger.ts';
import { createLedger } from './node-fs.ts';
import { produce } from './produce.ts';
import { countFed, emptyCounts, type FeedCounts } from './progress.ts';

/** Writes activities in the Avro schema of their class, which it has registered. */
export interface ActivityEncoder {
  encode(eventClass: EventClass, activity: Activity): Promise<Buffer> | Buffer;
  /** The id that the schema registry gave the schema of the class. */
  schemaIdOf(eventClass: EventClass): number;
}

/** How a run feeds. */
export interface FeedOptions {
  readonly run: string;
  /** The stack's directory; the ledger goes to `feed/<run>.jsonl` in it. */
  readonly stackDirectory: string;
  readonly stream: Pick<Stream, 'publisher' | 'admin'>;
  readonly encoder: ActivityEncoder;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** 0 to 1: how many of the activities go as plain JSON; none when absent. */
  readonly jsonShare?: number;
  /** Events a second; absent for as fast as the broker takes them. */
  readonly ratePerSecond?: number;
  readonly clock: { now(): number; sleep(ms: number): Promise<void> };
  readonly signal?: AbortSignal;
  /** Told of each record that the broker acknowledged, after it is in the ledger. */
  readonly onFed?: (entries: readonly LedgerEntry[]) => void;
  /** Counts to add to while it runs, for showing; made when absent. */
  readonly counts?: FeedCounts;
}

/** What a run fed, and where its ledger is. */
export interface FedRun {
  readonly counts: FeedCounts;
  readonly ledgerPath: string;
}

/**
 * Feeds `records` into the agent topics and writes the run's ledger: one line for each record, after the broker
 * acknowledged it. The ledger is on disk when this resolves, and also when it rejects.
 */
export async function feed(
  records: Iterable<FeedRecord> | AsyncIterable<FeedRecord>,
  options: FeedOptions,
): Promise<FedRun> {
  const { run, stackDirectory, stream, encoder, clock } = options;
  const counts = options.counts ?? emptyCounts();
  const partitions = await agentPartitions(stream);
  const ledger = await createLedger(stackDirectory, run);
  const publisher: Publisher = stream.publisher({ compression: options.compression ?? 'none' });
  try {
    await produce(records, {
      publisher,
      partitions,
      clock,
      encode: (eventClass, activity) => encoder.encode(eventClass, activity),
      jsonShare: options.jsonShare ?? 0,
      ...(options.ratePerSecond === undefined ? {} : { ratePerSecond: options.ratePerSecond }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      async onAcknowledged(entries) {
        await ledger.append(entries);
        countFed(counts, entries);
        options.onFed?.(entries);
      },
    });
  } finally {
    await publisher.close();
    await ledger.close();
  }
  return { counts, ledgerPath: ledger.path };
}

async function agentPartitions(stream: Pick<Stream, 'admin'>): Promise<Map<string, number>> {
  const admin = stream.admin();
  try {
    const counts = await admin.partitionCounts(eventClassNames.map(agentTopic));
    const missing = eventClassNames.map(agentTopic).filter((topic) => !counts.has(topic));
    if (missing.length === 0) return counts;
    throw new Error(`Kafka has no topic ${missing.join(', ')}. Make the topics with: npx tributary topics create`);
  } finally {
    await admin.close();
  }
}
