import { windowId } from '@tributary/schemas/kafka/receipt.ts';
import type { OwnedPartition } from './partition.ts';

/** The name of the window that is being delivered, for log lines and receipts; undefined while none is cut. */
export function windowIdOf({ topic, partition, cut }: OwnedPartition): string | undefined {
  return cut === undefined ? undefined : windowId(topic, partition, cut.offset);
}
