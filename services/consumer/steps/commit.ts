import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import type { Batch } from '../batch.ts';

/**
 * Everything of the batch is durable: the group goes on after it. The commit says, for delivered-through, up to which
 * append time the partition has been handed off.
 */
export async function commit(batch: Batch): Promise<void> {
  const { topic, partition, records } = batch;
  const appendedThrough = records.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
  const offset = records.at(-1)!.offset + 1;
  await batch.neighbours.member.commit({ topic, partition, offset, metadata: encodeSourceProgress(appendedThrough) });
  countFates(batch);
}

/** Counted once the batch is done, so that a batch that was tried five times counts once. */
function countFates(batch: Batch): void {
  const { metrics, log, now } = batch.neighbours;
  const event_class = batch.eventClass;
  const count = (outcome: string, by: number) => {
    if (by > 0) metrics.count('tributary_consumer_events_total', { event_class, outcome }, by);
  };
  count('routed', batch.rowsPublished);
  count('rejected', batch.rejected.length);
  for (const [reason, events] of batch.dropped) count(reason, events);
  for (const { fault } of batch.rejected) metrics.count('tributary_consumer_rejected_total', { event_class, fault });
  metrics.observe('tributary_consumer_batch_seconds', { event_class }, (now() - batch.startedAt) / 1000);
  const bugs = batch.rejected.filter(({ fault }) => fault === 'mapping-failed');
  if (bugs.length === 0) return;
  const { topic, partition } = batch;
  log.error({ topic, partition, events: bugs.length, firstOffset: bugs[0]!.record.offset }, 'a bug of the mapping');
}
