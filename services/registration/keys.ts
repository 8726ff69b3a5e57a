import { setTimeout as delay } from 'node:timers/promises';
import type { AuditAction, AuditActor } from '@tributary/schemas/kafka/audit.ts';
import { registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { type ApiKeyRecord, type ApiKeyScope, apiKeyScopes } from '@tributary/schemas/redis/keys.ts';
import type { Publisher, Stream } from '@tributary/stream';
import { decodeChange, encodeChange, type SubscriptionStore } from '@tributary/subscriptions';
import { auditedKey, auditMessage } from './audit.ts';
import { hashOfSecret } from './credentials.ts';

/** What is needed to make or revoke a key: the journal to write it to, and Redis to see it arrive. */
export interface KeyNeighbours {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly store: Pick<SubscriptionStore, 'apiKey'>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** How long to wait for a running registration service to bring the key to Redis. */
  readonly patienceMs?: number;
  /** Who does it and the name of the command, for the audit log. */
  readonly by?: { readonly actor: AuditActor; readonly requestId: string };
}

/** The same, and randomness: for what makes a key. */
export interface KeyMaking extends KeyNeighbours {
  readonly randomBytes: (size: number) => Buffer;
}

/** A key as its customer gets it, once: the secret is kept nowhere. */
export interface NewApiKey {
  readonly id: string;
  readonly secret: string;
  readonly account: string;
  /** False while no registration service runs: the key is in the journal, and valid as soon as one does. */
  readonly usable: boolean;
}

/** How long the key before stays valid after a rotation, unless asked otherwise. */
export const overlapMs = 86_400_000;

/** Makes an API key of `account` (12 digits): 80 random bits name it, 256 are its secret. */
export async function createApiKey(
  account: string,
  neighbours: KeyMaking,
  scopes: readonly ApiKeyScope[] = apiKeyScopes,
): Promise<NewApiKey> {
  if (!/^[0-9]{12}$/.test(account)) throw new Error(`An account is 12 digits, not ${JSON.stringify(account)}.`);
  const { record, secret } = newKey(account, scopes, neighbours);
  await write('key.create', undefined, record, neighbours);
  return { id: record.id, secret, account, usable: await arrived(record, neighbours) };
}

/**
 * Makes a key with the account and scopes of the key `id`, which stays valid for another `overlap` ms, so that the new
 * one can be brought to where it is used. A key that was rotated or revoked can't be rotated again.
 */
export async function rotateApiKey(
  id: string,
  neighbours: KeyMaking,
  overlap = overlapMs,
): Promise<NewApiKey & { readonly endsAt: string }> {
  const before = await existingKey(id, neighbours);
  if (before.revokedAt !== undefined) throw new Error(`The API key ${id} was revoked. Make another with keys create.`);
  if (before.replacedBy !== undefined)
    throw new Error(`The API key ${id} was rotated to ${before.replacedBy} already. Rotate that one.`);
  const { record, secret } = newKey(before.account, before.scopes ?? apiKeyScopes, neighbours);
  const endsAt = new Date(neighbours.now() + overlap).toISOString();
  // The new key first: nobody may be left without one.
  await write('key.create', undefined, record, neighbours);
  const ending = { ...before, expiresAt: endsAt, replacedBy: record.id };
  await write('key.rotate', before, ending, neighbours);
  return { id: record.id, secret, account: before.account, endsAt, usable: await arrived(ending, neighbours) };
}

/** Revokes the key `id` for ever. Answers whether Redis has it already; throws when there is no such key. */
export async function revokeApiKey(id: string, neighbours: KeyNeighbours): Promise<boolean> {
  const existing = await existingKey(id, neighbours);
  if (existing.revokedAt !== undefined) return true;
  const record = { ...existing, revokedAt: new Date(neighbours.now()).toISOString() };
  await write('key.revoke', existing, record, neighbours);
  return arrived(record, neighbours);
}

/** The account's API keys as the journal has them, oldest first: also those that have ended. */
export async function listApiKeys(account: string, stream: Pick<Stream, 'read'>): Promise<ApiKeyRecord[]> {
  const found = new Map<string, ApiKeyRecord>();
  await stream.read({
    topic: registrationsTopic,
    partition: 0,
    from: 0,
    onRecord: (record) => {
      const change = decodeChange(record);
      if (change.kind === 'api-key' && change.record.account === account) found.set(change.record.id, change.record);
    },
  });
  return [...found.values()].sort((one, other) => one.createdAt.localeCompare(other.createdAt));
}

/** Whether a key may be used at `now` (ms), in a word or two. */
export function stateOfKey({ expiresAt, revokedAt }: ApiKeyRecord, now: number): string {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt === undefined) return 'valid';
  return Date.parse(expiresAt) <= now ? 'ended' : `ends ${expiresAt}`;
}

function newKey(account: string, scopes: readonly ApiKeyScope[], making: KeyMaking) {
  const id = making.randomBytes(10).toString('hex');
  const secret = making.randomBytes(32).toString('base64url');
  const createdAt = new Date(making.now()).toISOString();
  const record: ApiKeyRecord = { id, account, hash: hashOfSecret(secret), scopes, createdAt };
  return { record, secret };
}

async function existingKey(id: string, { store }: KeyNeighbours): Promise<ApiKeyRecord> {
  const existing = await store.apiKey(id);
  if (existing === undefined) throw new Error(`There is no API key ${id}.`);
  return existing;
}

const program = { actor: { kind: 'operator', name: 'a program' }, requestId: '-' } as const;

/** Writes the change down in the audit log, then in the journal. */
async function write(
  action: AuditAction,
  before: ApiKeyRecord | undefined,
  record: ApiKeyRecord,
  { publisher, now, by = program }: KeyNeighbours,
): Promise<void> {
  const said = auditMessage({
    at: new Date(now()).toISOString(),
    account: record.account,
    ...by,
    action,
    subject: `apikey/${record.id}`,
    ...(before === undefined ? {} : { before: auditedKey(before) }),
    after: auditedKey(record),
  });
  await publisher.publish([said]);
  await publisher.publish([{ topic: registrationsTopic, partition: 0, ...encodeChange({ kind: 'api-key', record }) }]);
}

async function arrived(record: ApiKeyRecord, { store, now, patienceMs = 10_000 }: KeyNeighbours): Promise<boolean> {
  const until = now() + patienceMs;
  do {
    const kept = await store.apiKey(record.id).catch(() => undefined);
    if (kept !== undefined && kept.revokedAt === record.revokedAt && kept.expiresAt === record.expiresAt) return true;
    await delay(50);
  } while (now() < until);
  return false;
}
