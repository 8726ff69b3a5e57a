import { Fault } from '@tributary/schemas/faults.ts';
import type { OwnedPartition } from '../partition.ts';
import { fairOrder, planObjects } from '../plan.ts';

/**
 * Plans the objects of the cut and encodes each, in worker threads and in an order that is fair to the small.
 *
 * INVARIANT 1 (nothing is lost), as a standing audit: each row that was collected is in one object, or the partition
 * stands still.
 */
export async function encode(owned: OwnedPartition): Promise<void> {
  const { collector, cut, parts, topic, partition, incarnation } = owned;
  if (cut === undefined) return;
  const messages = collector!.upTo(cut.offset);
  const identity = { handoffTopic: topic, partition, incarnation, partRows: cut.partRows };
  const planned = fairOrder(planObjects(messages, identity));
  const collected = messages.reduce((sum, { kept }) => sum + kept.length, 0);
  const inObjects = planned.reduce((sum, { rows }) => sum + rows.row.length, 0);
  if (inObjects !== collected) throw new Fault('unaccounted', `${collected} rows were collected, ${inObjects} planned`);
  const parquet = await parts.encoder.encode(
    messages.map((message) => message.bytes),
    planned.map((object) => object.rows),
    owned.released,
  );
  owned.encoded = planned.map((object, at) => ({ planned: object, parquet: parquet[at]! }));
}
