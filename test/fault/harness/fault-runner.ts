import { setTimeout as pause } from 'node:timers/promises';
import { type Acting, LeftOut } from './acting.ts';
import { actions } from './actions.ts';
import type { AppliedFault } from './figures.ts';
import { Locks } from './locks.ts';
import { type PlannedFault, titleOf } from './schedule.ts';

/** What became of a sequence of faults. */
export interface Applied {
  readonly faults: readonly AppliedFault[];
  /** Those that could not be made, with the reason. */
  readonly leftOut: readonly string[];
  /** Those that could not be made or healed although they should: the run is worth nothing. */
  readonly failed: readonly string[];
}

/** Makes each fault at its time; resolves when all are healed. Those that want the same wait for each other. */
export async function applyFaults(
  planned: readonly PlannedFault[],
  acting: Acting,
  signal: AbortSignal,
  onNotice: (sentence: string) => void,
): Promise<Applied> {
  const locks = new Locks();
  const faults: AppliedFault[] = [];
  const leftOut: string[] = [];
  const failed: string[] = [];
  const one = async (fault: PlannedFault) => {
    await pause(fault.atMs, undefined, { signal }).catch(() => {});
    const title = titleOf(fault);
    await locks.with(actions[fault.kind].needs(fault), async () => {
      if (signal.aborted) return;
      const beganAt = Date.now();
      onNotice(`${fault.index}. ${title} …`);
      try {
        const note = await actions[fault.kind].run(fault, acting);
        faults.push({
          ...{ index: fault.index, kind: kindOf(fault), title, beganAt, healedAt: Date.now() },
          ...(note === undefined ? {} : { note }),
        });
        onNotice(`${fault.index}. ${title}: healed${note === undefined ? '' : ` (${note})`}`);
      } catch (error) {
        const sentence = `${fault.index}. ${title}: ${(error as Error).message}`;
        (error instanceof LeftOut ? leftOut : failed).push(sentence);
        onNotice(sentence);
      }
    });
  };
  await Promise.all(planned.map(one));
  return { faults: faults.sort((a, b) => a.beganAt - b.beganAt), leftOut, failed };
}

/** Calls to S3 and STS fail in many ways, each of them a kind. */
const kindOf = ({ kind, lake }: PlannedFault) => (lake === undefined ? kind : `${kind} ${lake.call} ${lake.kind}`);
