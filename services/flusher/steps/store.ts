import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { settle } from '../delivery.ts';
import type { OwnedPartition } from '../partition.ts';
import { WindowPatience } from '../window-patience.ts';

/**
 * Puts every object of the cut under its own customer's role and external id; resolves when each is in its lake, parked
 * in our own bucket because its lake refuses, or belongs to a registration that ended.
 *
 * INVARIANT 3 (no tenant waits for another): a registration's tries that fail take 30 s in all, then the rest of its
 * window is parked.
 */
export async function store(owned: OwnedPartition): Promise<void> {
  const { encoded, parts, collector, cut } = owned;
  if (encoded.length > 0) {
    const patience = new WindowPatience(parts.now);
    const known = parts.registrations.refresh();
    const settled = await Promise.all(encoded.map((object) => settle(owned, object, known, patience)));
    const receipts: Receipt[] = settled.map(({ receipt }) => receipt);
    await parts.publishReceipts(receipts);
    owned.parked = settled.flatMap(({ parked }) => parked ?? []);
  }
  owned.durable = { upTo: cut?.offset ?? collector!.from };
}
