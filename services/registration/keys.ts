import { setTimeout as delay } from 'node:timers/promises';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import type { Publisher } from '@tributary/stream';
import { encodeChange, type SubscriptionStore } from '@tributary/subscriptions';
import { hashOfSecret } from './credentials.ts';

/** What is needed to make or revoke a key: the journal to write it to, and Redis to see it arrive. */
export interface KeyNeighbours {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly store: Pick<SubscriptionStore, 'apiKey'>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** How long to wait for a running registration service to bring the key to Redis. */
  readonly patienceMs?: number;
}

/** A key as its customer gets it, once: the secret is kept nowhere. */
export interface NewApiKey {
  readonly id: string;
  readonly secret: string;
  readonly account: string;
  /** False while no registration service runs: the key is in the journal, and valid as soon as one does. */
  readonly usable: boolean;
}

/** Makes an API key of `account` (12 digits): 80 random bits name it, 256 are its secret. */
export async function createApiKey(
  account: string,
  neighbours: KeyNeighbours & { readonly randomBytes: (size: number) => Buffer },
): Promise<NewApiKey> {
  if (!/^[0-9]{12}$/.test(account)) throw new Error(`An account is 12 digits, not ${JSON.stringify(account)}.`);
  const id = neighbours.randomBytes(10).toString('hex');
  const secret = neighbours.randomBytes(32).toString('base64url');
  const record = { id, account, hash: hashOfSecret(secret), createdAt: new Date(neighbours.now()).toISOString() };
  await journal(record, neighbours);
  return { id, secret, account, usable: await arrived(record, neighbours) };
}

/** Revokes the key `id` for ever. Answers whether Redis has it already; throws when there is no such key. */
export async function revokeApiKey(id: string, neighbours: KeyNeighbours): Promise<boolean> {
  const existing = await neighbours.store.apiKey(id);
  if (existing === undefined) throw new Error(`There is no API key ${id}.`);
  if (existing.revokedAt !== undefined) return true;
  const record = { ...existing, revokedAt: new Date(neighbours.now()).toISOString() };
  await journal(record, neighbours);
  return arrived(record, neighbours);
}

async function journal(record: ApiKeyRecord, { publisher }: KeyNeighbours): Promise<void> {
  await publisher.publish([{ topic: registrationsTopic, partition: 0, ...encodeChange({ kind: 'api-key', record }) }]);
}

async function arrived(record: ApiKeyRecord, { store, now, patienceMs = 10_000 }: KeyNeighbours): Promise<boolean> {
  const until = now() + patienceMs;
  do {
    const kept = await store.apiKey(record.id).catch(() => undefined);
    if (kept !== undefined && kept.revokedAt === record.revokedAt) return true;
    await delay(50);
  } while (now() < until);
  return false;
}
