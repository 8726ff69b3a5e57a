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
    const answers = await Promise.allSettled(encoded.map((object) => settle(owned, object, known, patience)));
    // Only now: what went on beside the next try of the same cut would park and tell of objects that are done by then.
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const settled = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const receipts: Receipt[] = settled.map(({ receipt }) => receipt);
    await parts.publishReceipts(receipts);
    owned.parked = settled.flatMap(({ parked }) => parked ?? []);
  }
  owned.durable = { upTo: cut?.offset ?? collector!.from };
}
