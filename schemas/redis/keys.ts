/**
 * Every key that we keep in Redis. Redis is built from the journal topic in order; it can always be thrown away and
 * built again. The braces keep all keys in one slot of a Redis Cluster, so that one MULTI can read them.
 */
export const redisKeys = {
  /** Hash: registration id → RegistrationRecord as JSON. Ended registrations stay. */
  registrations: '{tributary}:registrations',
  /** Hash: registration id → offset of the journal record that changed it last. */
  changedAt: '{tributary}:changed-at',
  /** Hash: `<bucket>/<prefix>` → id of the active registration that holds this destination. */
  destinations: '{tributary}:destinations',
  /** Hash: API key id → ApiKeyRecord as JSON (a hash of the secret, never the secret). */
  apiKeys: '{tributary}:api-keys',
  /** String: offset of the last journal record applied, -1 when the journal was empty. */
  version: '{tributary}:version',
  /**
   * Stream: one entry `<version + 1>-1` per change of a registration (an id may not be 0), field `record`:
   * RegistrationRecord as JSON; a rebuild leaves one entry without a record at its own version. Trimmed; a reader whose
   * version is before the first entry reads all.
   */
  changes: '{tributary}:changes',
  /** String: a mark of its own for each rebuild, written last. Without it Redis is not whole and nobody may believe it. */
  sentinel: '{tributary}:sentinel',
  /** String with expiry: held by the one replica that rebuilds; says whose it is and how many parts are written. */
  rebuildLock: '{tributary}:rebuild-lock',
} as const;

/** The slot of a Redis Cluster in which all keys lie: CRC16 of `tributary`, modulo 16,384. */
export const redisSlot = 8091;

/** How many changes the stream of changes keeps at least, before the oldest are trimmed. */
export const changesKept = 10_000;

/**
 * String with expiry: held while a change of `name` is decided and journalled. A name is a registration's id or a
 * destination's (`<bucket>/<prefix>`).
 */
export const registrationLockKey = (name: string): string => `{tributary}:lock:${name}`;

/** What an API key may be used for. */
export const apiKeyScopes = ['read', 'write'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

/** An API key at rest. `hash` is the hex SHA-256 of the secret, which has 256 random bits and needs no slow hash. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly account: string;
  readonly hash: string;
  readonly createdAt: string;
  /** Both where it is absent. */
  readonly scopes?: readonly ApiKeyScope[];
  /** From then on it isn't valid any more: it was rotated. ISO 8601, UTC. */
  readonly expiresAt?: string;
  /** The key that it was rotated to. */
  readonly replacedBy?: string;
  readonly revokedAt?: string;
}
