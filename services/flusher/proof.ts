import { Fault } from '@tributary/schemas/faults.ts';
import { journal } from './journal.ts';
import type { OwnedPartition } from './partition.ts';

/** An owner that hasn't proved for so long that it is one puts nothing more: it may be a zombie. */
export const staleAfterMs = 15 * 60_000;
/** While its objects are being put it proves it anew after so long. */
export const renewAfterMs = staleAfterMs / 3;

const ageOf = ({ parts, provenAt }: OwnedPartition) => parts.elapsed() - provenAt;

/** INVARIANT 2: a put of a zombie must not come so late that its object has gone elsewhere meanwhile. */
export function assertFresh(owned: OwnedPartition): void {
  const ageMs = ageOf(owned);
  if (ageMs > staleAfterMs) throw new Fault('ownership-stale', `${Math.round(ageMs / 1_000)} s`);
}

/**
 * Proves again and again that we own the partition, by journalling its cut as it is, until the signal aborts: so a window
 * may take as long as it must, while our own bucket is away for example. Rejects when a proof fails: then it isn't known
 * what is committed, and the window must be thrown away.
 */
export async function keepProving(owned: OwnedPartition, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    if (owned.cut !== undefined && ageOf(owned) >= renewAfterMs) await journal(owned, owned.cut);
    else await owned.changed.wait(until);
  }
}
