import { Fault } from '@tributary/schemas/faults.ts';
import { Collector } from '../collector.ts';
import { Marks } from '../marks.ts';
import { decodeHandoffState, type HandoffState } from '../offset-metadata.ts';
import type { OwnedPartition } from '../partition.ts';

/**
 * Makes this flusher the partition's only owner, then reads what is committed and starts to collect from there.
 *
 * INVARIANT 1 (nothing is lost): what is committed is read only after the fence, because without one a reader may be a
 * commit behind; and it is compared with the log's ends, because a silent reset would step over rows.
 */
export async function fence(owned: OwnedPartition): Promise<void> {
  const { parts, topic, partition } = owned;
  owned.collector = undefined;
  owned.encoded = [];
  const former = owned.committer;
  owned.committer = undefined;
  await former?.close();
  owned.committer = parts.committer(topic, partition);
  const askedAt = parts.elapsed();
  const committed = await owned.committer.fence();
  const state = committed.offset === undefined ? fresh(owned) : decodeHandoffState(committed.metadata);
  const from = committed.offset ?? 0;
  owned.incarnation = state.incarnation;
  owned.committed = from;
  const { low, high } = await parts.ends(topic, partition);
  if (from < low || from > high) throw new Fault('handoff-gap', `committed ${from}, the log has ${low} to ${high}`);
  owned.openedAt = state.openedAt;
  owned.cut = state.cut;
  owned.redone = state.cut !== undefined;
  owned.provenAt = askedAt;
  owned.durable = undefined;
  owned.parked = [];
  owned.parkingFault = undefined;
  owned.broken = undefined;
  owned.cutAt = parts.now();
  owned.cutSince = parts.elapsed();
  owned.collector = new Collector(from, state.marks);
  parts.seek(topic, partition, from);
  owned.log.info({ from, high, journalledCut: state.cut?.offset }, 'took the partition over');
}

function fresh({ parts }: OwnedPartition): HandoffState {
  return { incarnation: parts.randomHex(8), openedAt: parts.now(), marks: Marks.none };
}
