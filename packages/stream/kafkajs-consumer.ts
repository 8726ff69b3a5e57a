import type { Consumer, EachBatchHandler } from 'kafkajs';
import type { SharedAdmin } from './kafkajs-admin.ts';
import type { OwnClient, StreamLog } from './kafkajs-client.ts';
import type { ConsumerInside } from './kafkajs-session.ts';
import type { Offset } from './stream.ts';

const rebalanceTimeoutMs = 60_000;
const heartbeatMs = 3_000;
/** How long a fetch waits for records; also how long a partition that was resumed may wait for its next fetch. */
const fetchWaitMs = 250;
const fetchBytesDefault = 8 * 1_048_576;
const partitionBytesMax = 1_048_576;
const partitionsAtOnce = 64;
/** With no sign of life from kafkajs for this long the member counts as crashed (it is known to stop silently). */
const silenceMsMax = 300_000;

/** What a member is made of. */
export interface MemberOptions {
  readonly createClient: () => OwnClient;
  readonly admin: SharedAdmin;
  readonly log: StreamLog;
  readonly sessionTimeoutMs: number;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly fetchBytesMax?: number;
}

/** Makes a consumer of kafkajs that is observed by `inside`. `mayRestart` is asked when kafkajs wants to restart it. */
export function createConsumer(
  client: OwnClient,
  inside: ConsumerInside,
  options: MemberOptions,
  mayRestart: () => boolean,
): Consumer {
  const fetchBytes = options.fetchBytesMax ?? fetchBytesDefault;
  return client.kafka.consumer({
    groupId: options.groupId,
    partitionAssigners: [inside.assigner],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: fetchWaitMs,
    maxBytes: fetchBytes,
    maxBytesPerPartition: Math.min(fetchBytes, partitionBytesMax),
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => mayRestart() },
  });
}

/** Begins to fetch. What is delivered, committed and read again is decided by who is called. */
export function runBatches(consumer: Consumer, eachBatch: EachBatchHandler): Promise<void> {
  return consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatch,
  });
}

/**
 * Calls back for what was fetched of a partition and held only transaction markers and records of aborted transactions,
 * which kafkajs steps over by itself: its first and last offset.
 */
export function onNothingRead(
  consumer: Consumer,
  tell: (topic: string, partition: number, first: Offset, last: Offset) => void,
): void {
  consumer.on('consumer.start_batch_process', ({ payload }) => {
    const { topic, partition, batchSize, firstOffset, lastOffset } = payload;
    if (batchSize === 0 && firstOffset !== null) tell(topic, partition, Number(firstOffset), Number(lastOffset));
  });
}

/** Calls back when kafkajs has shown no sign of life for five minutes; answers how to stop watching. */
export function watchForSilence(consumer: Consumer, onSilence: (error: Error) => void): () => void {
  let lastSignAt = performance.now();
  const sign = () => {
    lastSignAt = performance.now();
  };
  for (const event of ['consumer.fetch', 'consumer.heartbeat', 'consumer.group_join', 'consumer.crash'] as const)
    consumer.on(event, sign);
  const timer = setInterval(() => {
    if (performance.now() - lastSignAt > silenceMsMax)
      onSilence(new Error(`the consumer showed no sign of life for ${silenceMsMax} ms`));
  }, 30_000);
  timer.unref();
  return () => clearInterval(timer);
}
