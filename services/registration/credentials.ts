import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import { Problem } from './problem.ts';

/** What a customer sends as `Authorization: ApiKey <id>:<secret>`. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

const wanted = 'Send the header Authorization: ApiKey <id>:<secret>.';

/** Reads the header; the scheme in any case (it is documented as `ApiKey` and as `APIKey`). Throws a 401. */
export function readCredentials(header: string | undefined): Credentials {
  if (header === undefined) throw new Problem('unauthorized', `The Authorization header is missing. ${wanted}`);
  const [, id, secret] = /^apikey +([\w-]{1,128}):([\w.~+/=-]{1,512}) *$/i.exec(header) ?? [];
  if (id === undefined || secret === undefined)
    throw new Problem('unauthorized', `The Authorization header has another form. ${wanted}`);
  return { id, secret };
}

/** The hash under which a secret is kept: hex SHA-256. A secret has 256 random bits, so it needs no slow hash. */
export function hashOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * The key that was sent, when it may be used at `now` (ms). An unknown key and a wrong secret are refused alike and after
 * the same work (401); one that was revoked or has ended is named as such (403) only to who has its secret.
 */
export function usableKey(credentials: Credentials, record: ApiKeyRecord | undefined, now: number): ApiKeyRecord {
  const kept = Buffer.from(record?.hash ?? hashOfSecret(''), 'hex');
  const sent = Buffer.from(hashOfSecret(credentials.secret), 'hex');
  const matches = kept.length === sent.length && timingSafeEqual(kept, sent);
  if (record === undefined || !matches)
    throw new Problem('unauthorized', 'The API key is unknown or its secret wrong.');
  if (record.revokedAt !== undefined) throw new Problem('forbidden', 'The API key was revoked. Use another one.');
  if (record.expiresAt !== undefined && Date.parse(record.expiresAt) <= now)
    throw new Problem('forbidden', 'The API key was rotated and has ended. Use the one that replaced it.');
  return record;
}
