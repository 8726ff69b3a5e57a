import { runFlusher } from '@tributary/flusher/main.ts';
import type { OwnedPartition } from '@tributary/flusher/partition.ts';
import { planObjects } from '@tributary/flusher/plan.ts';
import { groupVariable, killAtStep, ordersVariable } from './kill-at-step.ts';

/** The cut that a flusher died on. */
export interface CutEvidence {
  readonly topic: string;
  readonly partition: number;
  /** Hand-off offsets [from, to). */
  readonly from: number;
  readonly to: number;
  /** The names of all objects of the cut. */
  readonly names: readonly string[];
}

/** What is to know of a window; undefined while it has no cut, or one without a new row. */
function cutOf(context: unknown): CutEvidence | undefined {
  const { topic, partition, incarnation, cut, collector } = context as OwnedPartition;
  if (cut === undefined || collector === undefined) return undefined;
  const identity = { handoffTopic: topic, partition, incarnation, partRows: cut.partRows };
  const names = planObjects(collector.upTo(cut.offset), identity).map(({ name }) => name);
  return names.length === 0 ? undefined : { topic, partition, from: collector.from, to: cut.offset, names };
}

if (import.meta.main) {
  const { [ordersVariable]: orders, [groupVariable]: group, ...env } = process.env;
  await runFlusher({ ...env, GROUP_ID: `${group}.flusher` }, killAtStep(orders!, 'flusher', cutOf));
}
