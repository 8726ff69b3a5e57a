import type { JournalledCut } from '@tributary/schemas/kafka/handoff-commit.ts';
import { encodeHandoffState } from './offset-metadata.ts';
import type { OwnedPartition } from './partition.ts';

/**
 * Writes the cut down with the committed offset. The broker's answer proves that nobody had fenced us when we asked:
 * nothing else proves that we own the partition.
 */
export async function journal(owned: OwnedPartition, cut: JournalledCut): Promise<void> {
  const { collector, committer, parts, incarnation, openedAt } = owned;
  const askedAt = parts.elapsed();
  await committer!.commit(collector!.from, encodeHandoffState({ incarnation, openedAt, marks: collector!.marks, cut }));
  owned.provenAt = askedAt;
}
