import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { settle } from '../delivery.ts';
import type { OwnedPartition } from '../partition.ts';
import { keepProving } from '../proof.ts';
import { WindowPatience } from '../window-patience.ts';

/**
 * Puts every object of the cut under its own customer's role and external id; resolves when each is in its lake, parked
 * in our own bucket because its lake refuses, or belongs to a registration that ended.
 *
 * INVARIANT 3 (no tenant waits for another): a registration's tries that fail take 30 s in all, and all of its puts a
 * minute; then the rest of its window is parked.
 */
export async function store(owned: OwnedPartition): Promise<void> {
  const { encoded, parts, collector, cut } = owned;
  if (encoded.length > 0) {
    const answers = await whileProving(owned, (signal) => {
      const window = { known: parts.registrations.refresh(), patience: new WindowPatience(parts.elapsed), signal };
      return Promise.allSettled(encoded.map((object) => settle(owned, object, window)));
    });
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

/** Does the work while it is proved again and again that the partition is ours; its signal aborts when that fails. */
async function whileProving<T>(owned: OwnedPartition, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController();
  const lost = new AbortController();
  const proving = keepProving(owned, AbortSignal.any([owned.released, done.signal])).catch((error) => {
    lost.abort(error);
  });
  const answer = await work(AbortSignal.any([owned.released, lost.signal]));
  done.abort();
  await proving;
  lost.signal.throwIfAborted();
  return answer;
}
