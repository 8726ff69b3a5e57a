import { setTimeout as delay } from 'node:timers/promises';
import { type Destination, registrationId } from '@tributary/schemas/registration.ts';
import { destinationName, type StoreLock } from '@tributary/subscriptions';
import type { Exchange } from '../pipeline.ts';
import { Problem } from '../problem.ts';

/** Longer than a change may take, a send that is given up included: `main.ts` gives a send up after 8 s. */
const leaseMs = 30_000;
const patienceMs = 3_000;
const pauseMs = 25;

/**
 * Takes the registration, and of a start its destination too: two accounts that ask for one destination at the same time
 * must not both get it. Everyone takes them in this order, and nobody waits for long, so nobody waits for ever.
 */
export async function lockNames(exchange: Exchange): Promise<void> {
  const { account, eventClass, destination } = exchange.wanted;
  const names = [registrationId(account, eventClass), ...(destination ? [sourceName(destination)] : [])];
  for (const name of names) exchange.locks.push(await take(exchange, name));
}

/**
 * Takes the lock of all of a request, under `name`: longer than the longest request, which looks first, then probes, then
 * changes.
 */
export const takeWhole = (exchange: Exchange, name: string): Promise<StoreLock> =>
  take(exchange, name, exchange.neighbours.probeMs + 2 * leaseMs);

/** The custom source that a destination belongs to: prefixes in or around each other have the same. */
function sourceName({ bucketName, prefix }: Destination): string {
  return destinationName({ bucketName, prefix: prefix.split('/').slice(0, 2).join('/') });
}

/** Waits a little for the lock of `name`, which ends by itself after `ms`; a 503 when another request keeps it. */
export async function take({ neighbours }: Exchange, name: string, ms = leaseMs): Promise<StoreLock> {
  const until = neighbours.now() + patienceMs;
  do {
    const lock = await neighbours.store.lock(name, ms);
    if (lock !== undefined) return lock;
    await delay(pauseMs);
  } while (neighbours.now() < until);
  const detail = 'Another request changes the same thing. Send the same request again.';
  throw new Problem('unavailable', detail, { retryAfterSeconds: 5 });
}
