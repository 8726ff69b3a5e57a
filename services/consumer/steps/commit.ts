import { Fault } from '@tributary/schemas/faults.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import type { Batch } from '../batch.ts';

/**
 * Everything of the batch is durable: the group goes on after it. The commit says, for delivered-through, up to which
 * append time the partition has been handed off.
 */
export async function commit(batch: Batch): Promise<void> {
  const { topic, partition, records } = batch;
  everyEventHasOneFate(batch);
  const appendedThrough = records.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
  const offset = records.at(-1)!.offset + 1;
  const { member, epochOf } = batch.neighbours;
  await member.commit({ topic, partition, offset, metadata: encodeSourceProgress(appendedThrough, epochOf(topic)) });
  countFates(batch);
}

/** INVARIANT 1 (nothing is lost), as a standing audit: taken = handed off + rejected + not subscribed, before any offset moves. */
function everyEventHasOneFate({ records, rowsPublished, rejected, dropped }: Batch): void {
  const fates = rowsPublished + rejected.length + [...dropped.values()].reduce((sum, events) => sum + events, 0);
  if (fates !== records.length) throw new Fault('unaccounted', `${records.length} events have ${fates} fates`);
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
  const committedAt = now();
  metrics.observe('tributary_consumer_batch_seconds', { event_class }, (committedAt - batch.startedAt) / 1000);
  const oldest = batch.records.reduce((time, { timestamp }) => Math.min(time, timestamp), committedAt);
  metrics.observe('tributary_consumer_delay_seconds', { event_class }, (committedAt - oldest) / 1000);
  const bytes = batch.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  metrics.count('tributary_consumer_bytes_total', { event_class }, bytes);
  const bugs = batch.rejected.filter(({ fault }) => fault === 'mapping-failed');
  if (bugs.length === 0) return;
  const { topic, partition } = batch;
  log.error({ topic, partition, events: bugs.length, firstOffset: bugs[0]!.record.offset }, 'a bug of the mapping');
}
