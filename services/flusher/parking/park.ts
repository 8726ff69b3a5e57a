import type { ParkRequest } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import type { OwnedPartition } from '../partition.ts';

const pauseMsMax = 30_000;

/**
 * Puts the object into our own bucket. While that is away, the window waits: nothing is committed, and nothing is lost.
 * `before` is asked before each try, and when the signal aborts; it throws when no other try must be made.
 *
 * INVARIANT 1 (nothing is lost): only an object that is durable in its lake or in our bucket lets an offset move.
 */
export async function parkUntilDurable(
  owned: OwnedPartition,
  request: ParkRequest & { readonly signal: AbortSignal },
  before: () => void,
): Promise<void> {
  const { parts, log } = owned;
  for (let pauseMs = 1_000; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    before();
    try {
      await parts.puts.ofParking(() => parts.parking.park(request));
      owned.parkingFault = undefined;
      return;
    } catch (error) {
      if (request.signal.aborted) continue;
      owned.parkingFault =
        error instanceof Fault ? error : new Fault('parking-unavailable', undefined, { cause: error });
      log.warn({ pauseMs, err: error }, 'our own bucket does not take an object: the window waits');
      await parts.pause(pauseMs, request.signal);
    }
  }
}
