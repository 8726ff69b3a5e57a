import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { eventClassOfTopic } from '@tributary/schemas/kafka/topics.ts';
import type { UndecodableBatch } from '@tributary/stream/stream.ts';
import type { Neighbours } from './neighbours.ts';
import { rejectedBatchRecord } from './rejected-record.ts';

/**
 * Keeps a batch that nobody can decode on `rejected`, whole, and then goes on behind it (invariants 1 and 7): one broken
 * batch must not hold up the customers of its partition. The commit comes only when the copy is durable; after a throw
 * the batch is met again, and may be written to `rejected` twice.
 */
export async function keepUndecodable(batch: UndecodableBatch, neighbours: Neighbours): Promise<void> {
  const { publisher, member, metrics, log, epochOf } = neighbours;
  const { topic, partition, firstOffset, lastOffset, timestamp, reason } = batch;
  const event_class = eventClassOfTopic(topic);
  if (event_class === undefined) throw new Error(`${topic} is no topic of agents`);
  const epoch = epochOf(topic);
  await publisher.publish([rejectedBatchRecord(batch, epoch)]);
  const metadata = encodeSourceProgress(timestamp, epoch);
  await member.commit({ topic, partition, offset: lastOffset + 1, metadata });
  const events = lastOffset - firstOffset + 1;
  metrics.count('tributary_consumer_events_total', { event_class, outcome: 'rejected' }, events);
  metrics.count('tributary_consumer_rejected_total', { event_class, fault: 'undecodable-batch' }, events);
  log.error({ topic, partition, firstOffset, lastOffset, reason }, 'a batch can’t be decoded; it is in `rejected`');
}
