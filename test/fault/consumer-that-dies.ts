import type { Batch } from '@tributary/consumer/batch.ts';
import { runConsumer } from '@tributary/consumer/main.ts';
import { pipeline } from '@tributary/consumer/pipeline.ts';
import { groupVariable, killAtStep, type Order, ordersVariable } from './kill-at-step.ts';

/** The batch that a consumer died on. */
export interface BatchEvidence {
  readonly topic: string;
  readonly partition: number;
  /** Offsets of its first and last record. */
  readonly offsets: readonly [first: number, last: number];
  /** Rows of it that lie in the hand-off. */
  readonly rowsPublished: number;
}

/** What is to know of a batch; undefined when it has no row for anybody, once that is known. */
function batchOf(context: unknown, { step, phase }: Order): BatchEvidence | undefined {
  const { topic, partition, records, owners, rowsPublished } = context as Batch;
  const at = pipeline.findIndex(({ name }) => name === step) + (phase === 'after' ? 1 : 0);
  const isMatched = at > pipeline.findIndex(({ name }) => name === 'match');
  if (isMatched && owners.every((owner) => owner === undefined)) return undefined;
  return { topic, partition, offsets: [records[0]!.offset, records.at(-1)!.offset], rowsPublished };
}

if (import.meta.main) {
  const { [ordersVariable]: orders, [groupVariable]: group, ...env } = process.env;
  await runConsumer({ ...env, GROUP_ID: `${group}.consumer` }, killAtStep(orders!, 'consumer', batchOf));
}
