import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import { type OnStep, runSteps } from '@tributary/service';
import type { OwnedPartition } from './partition.ts';
import { takeOver, window } from './pipeline.ts';
import { Released } from './released.ts';
import { inWindowSpan } from './trace.ts';
import { windowIdOf } from './window-log.ts';

/** Faults after which going on by itself could lose rows: the partition stands still until a person has looked. */
const standing: readonly FaultCode[] = [
  'handoff-gap',
  'invalid-offset-metadata',
  'invalid-handoff-message',
  'too-many-source-partitions',
  'unaccounted',
];

/** Most of its time a window only waits for messages, of which nothing is to be traced. */
const [collecting, delivering] = [window.slice(0, 1), window.slice(1)];

const restartPauseMs = 1_000;
const fencedPauseMs = 3_000;

/**
 * Works a partition for as long as it is ours: takes it over, then window after window. Whatever goes wrong, the window
 * is thrown away and everything starts again at the fence, except for a fault that a person must see: then the
 * partition stands still, and `onStanding` is told. What is parked of it is delivered all the same.
 */
export async function own(owned: OwnedPartition, onStep: OnStep, onStanding: (fault: Fault) => void): Promise<void> {
  const subject = `${owned.topic}-${owned.partition}`;
  while (!owned.released.aborted) {
    try {
      await runSteps(takeOver, owned, subject, onStep);
      while (!owned.released.aborted) {
        await runSteps(collecting, owned, subject, onStep);
        await inWindowSpan(owned, () => runSteps(delivering, owned, subject, onStep));
      }
    } catch (error) {
      owned.collector = undefined;
      if (owned.released.aborted || error instanceof Released) break;
      if (error instanceof Fault && standing.includes(error.code)) {
        onStanding(error);
        await standStill(owned);
        break;
      }
      owned.log.warn({ window: windowIdOf(owned), err: error }, 'threw the window away; starting again at the fence');
      const code = error instanceof Fault ? error.code : 'unexpected';
      owned.parts.metrics.count('tributary_flusher_restarts_total', { event_class: owned.eventClass, fault: code });
      await owned.parts.pause(code === 'fenced' ? fencedPauseMs : restartPauseMs, owned.released);
    }
  }
  await owned.redelivery.ended();
  await owned.committer?.close();
}

/** Until the partition isn't ours any more, or the flusher stops. */
async function standStill({ released, draining, changed }: OwnedPartition): Promise<void> {
  while (!released.aborted && !draining()) await changed.wait(released);
}
