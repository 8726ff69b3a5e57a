import { runFlusher } from '@tributary/flusher/main.ts';
import type { OwnedPartition } from '@tributary/flusher/partition.ts';
import { takeOver, window } from '@tributary/flusher/pipeline.ts';
import { planObjects } from '@tributary/flusher/plan.ts';
import { groupVariable, killAtStep, type Order, ordersVariable } from './kill-at-step.ts';

/** The cut that a flusher died on. */
export interface CutEvidence {
  readonly topic: string;
  readonly partition: number;
  /** Hand-off offsets [from, to). */
  readonly from: number;
  readonly to: number;
  /** The names of all objects of the cut; none where there is no cut at that step. */
  readonly names: readonly string[];
}

const stepNames = window.map(({ name }) => name);
/** The partitions that a commit of a cut with rows is under way of. */
const committing = new WeakMap<object, CutEvidence>();

/** What is to know of a window; undefined while it has nothing yet of what its step works on. */
function windowOf(context: unknown, { step, phase }: Order): CutEvidence | undefined {
  const owned = context as OwnedPartition;
  const { topic, partition, collector } = owned;
  if (takeOver.some(({ name }) => name === step)) return { topic, partition, from: 0, to: 0, names: [] };
  const at = stepNames.indexOf(step) + (phase === 'after' ? 1 : 0);
  if (collector === undefined) return undefined;
  const { from, next } = collector;
  if (at === 0) return { topic, partition, from, to: next, names: [] };
  if (at <= stepNames.indexOf('cut')) return next > from ? { topic, partition, from, to: next, names: [] } : undefined;
  return at === stepNames.length ? committing.get(owned) : cutOf(owned);
}

/** Undefined where there is no cut, or one without a new row. */
function cutOf({ topic, partition, incarnation, cut, collector }: OwnedPartition): CutEvidence | undefined {
  if (cut === undefined || collector === undefined) return undefined;
  const identity = { handoffTopic: topic, partition, incarnation, partRows: cut.partRows };
  const names = planObjects(collector.upTo(cut.offset), identity).map(({ name }) => name);
  return names.length === 0 ? undefined : { topic, partition, from: collector.from, to: cut.offset, names };
}

if (import.meta.main) {
  const { [ordersVariable]: orders, [groupVariable]: group, ...env } = process.env;
  const kill = killAtStep(orders!, 'flusher', windowOf);
  await runFlusher({ ...env, GROUP_ID: `${group}.flusher` }, (event) => {
    if (event.step === stepNames.at(-1) && event.phase === 'before') {
      const owned = event.context as OwnedPartition;
      const evidence = cutOf(owned);
      if (evidence === undefined) committing.delete(owned);
      else committing.set(owned, evidence);
    }
    return kill(event);
  });
}
