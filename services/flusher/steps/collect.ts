import type { OwnedPartition } from '../partition.ts';
import { Released } from '../released.ts';
import { cutReason } from '../window.ts';

/**
 * Waits while messages arrive (`ownership.ts` hands them to the partition's collector), until the window is due: or, when a former owner journalled a cut, until all of that cut
 * is here, whatever the clock and the byte budget say.
 */
export async function collect(owned: OwnedPartition): Promise<void> {
  while (!isDue(owned)) {
    await owned.changed.wait(owned.released);
    if (owned.released.aborted || (owned.draining() && owned.cut === undefined)) throw new Released();
    if (owned.broken !== undefined) throw owned.broken;
  }
}

function isDue({ collector, cut, openedAt, parts, spreadMs }: OwnedPartition): boolean {
  if (collector === undefined) return false;
  if (cut !== undefined) return collector.next >= cut.offset;
  const { bytes, objectsOfOneRegistration } = collector;
  return cutReason({ openedAt, bytes, objectsOfOneRegistration }, parts.limits, spreadMs, parts.now()) !== undefined;
}
