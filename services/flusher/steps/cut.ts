import { journal } from '../journal.ts';
import type { OwnedPartition } from '../partition.ts';

/**
 * Chooses where the window ends and journals that with the committed offset, before anything is put. A journalled cut of
 * a former owner stands as it is, with its own rows per part. An empty window has nothing to journal.
 *
 * INVARIANT 2 (nothing is delivered twice): whoever takes over after this redoes the same cut, so it makes the same
 * objects, and the conditional put tells them apart from new ones.
 */
export async function cut(owned: OwnedPartition): Promise<void> {
  const { collector, parts } = owned;
  owned.cutAt = parts.now();
  owned.cutSince = parts.elapsed();
  if (owned.cut !== undefined || collector!.next === collector!.from) return;
  const chosen = { offset: collector!.cutOffset(parts.limits), partRows: parts.limits.partRows };
  await journal(owned, chosen);
  owned.cut = chosen;
}
