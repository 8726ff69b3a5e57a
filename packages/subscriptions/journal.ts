import { isEventClass } from '@tributary/schemas/event-classes.ts';
import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import { partsOfRegistration, type RegistrationId, type RegistrationRecord } from '@tributary/schemas/registration.ts';

/** One record of the journal topic: the whole of a registration or an API key after a change. */
export type JournalChange =
  | { readonly kind: 'registration'; readonly record: RegistrationRecord }
  | { readonly kind: 'api-key'; readonly record: ApiKeyRecord };

/** A journal record that this release can't read. Stepping over it could lose a registration, so nobody does. */
export class UnreadableJournal extends Error {
  constructor(offset: number, reason: string) {
    super(`The journal record at offset ${offset} cannot be read: ${reason}. Nothing after it is applied.`);
    this.name = 'UnreadableJournal';
  }
}

const apiKeyPrefix = 'apikey/';

/** The key by which the journal topic is compacted: `<account>/<class>` or `apikey/<id>`. */
export function journalKey(change: JournalChange): string {
  return change.kind === 'registration' ? change.record.registration : `${apiKeyPrefix}${change.record.id}`;
}

const decidedAtHeader = 'decided-at';

/** A change as the journal topic keeps it. */
export interface EncodedChange {
  readonly key: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A change as the journal topic keeps it. `decidedAt` is the version of the store on which it was decided: a record
 * that lands after another change of the same thing is known by it, however late its send came through.
 */
export function encodeChange(change: JournalChange, decidedAt?: number): EncodedChange {
  const encoded = { key: journalKey(change), value: JSON.stringify(change.record) };
  return decidedAt === undefined ? encoded : { ...encoded, headers: { [decidedAtHeader]: String(decidedAt) } };
}

/** A change with its place in the journal and the version on which it was decided, where it says so. */
export interface JournalEntry {
  readonly offset: number;
  readonly change: JournalChange;
  readonly decidedAt: number | undefined;
}

/** What a journal record says; throws like `decodeChange`. */
export function decodeEntry(
  record: Parameters<typeof decodeChange>[0] & { readonly headers?: Readonly<Record<string, Uint8Array>> },
): JournalEntry {
  const header = record.headers?.[decidedAtHeader];
  const decidedAt = header === undefined ? undefined : Number(Buffer.from(header).toString('utf8'));
  if (decidedAt !== undefined && !Number.isSafeInteger(decidedAt))
    throw new UnreadableJournal(record.offset, `its header ${decidedAtHeader} is no offset`);
  return { offset: record.offset, change: decodeChange(record), decidedAt };
}

/** The change that a journal record says. Throws UnreadableJournal for a tombstone, a strange key or a value that isn't its key's. */
export function decodeChange(record: {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}): JournalChange {
  const { offset } = record;
  if (record.key === null || record.value === null) throw new UnreadableJournal(offset, 'it has no key or no value');
  const key = Buffer.from(record.key).toString('utf8');
  const value = parseObject(offset, Buffer.from(record.value).toString('utf8'));
  if (key.startsWith(apiKeyPrefix)) {
    if (value.id !== key.slice(apiKeyPrefix.length)) throw new UnreadableJournal(offset, 'key and API key differ');
    return { kind: 'api-key', record: value as unknown as ApiKeyRecord };
  }
  if (!isRegistration(key, value)) throw new UnreadableJournal(offset, 'it is no registration of its key');
  return { kind: 'registration', record: value };
}

function parseObject(offset: number, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new UnreadableJournal(offset, `its value is not JSON (${(cause as Error).name})`);
  }
  throw new UnreadableJournal(offset, 'its value is not a JSON object');
}

function isRegistration(key: string, value: unknown): value is RegistrationRecord {
  const record = value as RegistrationRecord;
  const { account, eventClass } = partsOfRegistration(key as RegistrationId);
  return (
    isEventClass(eventClass) &&
    record.registration === key &&
    record.account === account &&
    record.eventClass === eventClass &&
    ['active', 'paused', 'ended'].includes(record.state) &&
    Number.isSafeInteger(record.generation) &&
    typeof record.destination === 'object' &&
    Array.isArray(record.earlier)
  );
}
