import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoCustomer, eventClassOfKey } from '@tributary/local/demo/customer.ts';
import type { Demo } from '@tributary/local/demo/demo.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { CanonicalRow } from './readers/canonical.ts';
import { readByHyparquet } from './readers/hyparquet.ts';

/** An object of a customer's lake, copied to this machine. */
export interface DeliveredObject {
  readonly customer: DemoCustomer;
  readonly eventClass: EventClass;
  readonly key: string;
  readonly path: string;
  readonly rows: readonly CanonicalRow[];
}

/** Resolves when nothing waits any more, and one window later; rejects after `withinMs` with what still waits. */
export async function untilDelivered(demo: Demo, windowSeconds: number, withinMs = 180_000): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    const totals = await demo.look();
    if (totals.every(({ waiting }) => waiting === 0)) break;
    if (Date.now() > until)
      throw new Error(`not delivered within ${withinMs / 1000} s: ${JSON.stringify(demo.proof.waiting(5))}`);
    await delay(500);
  }
  // A row too many would come with the next window.
  await delay(2 * windowSeconds * 1000);
  await demo.look();
}

/** Reads what `demo.download` copied to `directory`. */
export async function deliveredTo(directory: string, customers: readonly DemoCustomer[]): Promise<DeliveredObject[]> {
  const objects: DeliveredObject[] = [];
  for (const customer of customers) {
    const root = join(directory, customer.bucketName);
    const names = await readdir(root, { recursive: true }).catch(() => [] as string[]);
    for (const key of names.filter((one) => one.endsWith('.parquet'))) {
      const eventClass = eventClassOfKey(key)!;
      const path = join(root, key);
      objects.push({ customer, eventClass, key, path, rows: await readByHyparquet(path) });
    }
  }
  return objects;
}
