import type { OwnedPartition } from '../partition.ts';
import { planObjects } from '../plan.ts';

/** Plans the objects of the cut and encodes each, in worker threads. */
export async function encode(owned: OwnedPartition): Promise<void> {
  const { collector, cut, parts, topic, partition, incarnation } = owned;
  if (cut === undefined) return;
  const messages = collector!.upTo(cut.offset);
  const planned = planObjects(messages, { handoffTopic: topic, partition, incarnation, partRows: cut.partRows });
  const parquet = await parts.encoder.encode(
    messages.map((message) => message.bytes),
    planned.map((object) => object.rows),
  );
  owned.encoded = planned.map((object, at) => ({ planned: object, parquet: parquet[at]! }));
}
