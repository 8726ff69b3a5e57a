import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import type { RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import { HeldPlaces } from './held-places.ts';
import { type JournalChange, type JournalEntry, journalKey } from './journal.ts';

/** A change with the offset of the journal record that says it. */
export type PlacedChange = JournalChange & { readonly offset?: number };

/** What is known at the time when a change comes out of the journal. */
interface Standing {
  /** The registration as it is, and the offset that changed it last. */
  readonly current: { readonly record: RegistrationRecord; readonly offset: number } | undefined;
  /** Who holds the destination that the change asks for, and those in and around it. */
  readonly holder: RegistrationId | undefined;
  readonly nested: readonly RegistrationId[];
}

/**
 * Whether a change is stray: decided by a request that outlasted its locks, so that another change of the registration,
 * or another holder of the destination or of one in or around it, came into the journal before it. Such a record changes
 * nothing. One that says what is so already is no stray, so that whoever puts a stray right may do so twice. `applyScript`
 * is the same rule.
 */
export function isStray(change: JournalChange, decidedAt: number | undefined, standing: Standing): boolean {
  const { current, holder, nested } = standing;
  if (change.kind === 'api-key' || decidedAt === undefined) return false;
  const { record } = change;
  if (current !== undefined && JSON.stringify(current.record) === JSON.stringify(record)) return false;
  if (current !== undefined && current.offset > decidedAt) return true;
  if (record.state === 'ended') return false;
  // Who holds it already takes nothing from those around.
  if (holder !== undefined) return holder !== record.registration;
  return nested.some((one) => one !== record.registration);
}

/**
 * Whether a record would make a revoked API key valid again: its writer didn't know yet that the key was revoked. A key
 * is revoked for ever, so such a record is stray as well. `applyScript` is the same rule.
 */
export function isRevival(record: ApiKeyRecord, current: ApiKeyRecord | undefined): boolean {
  return current?.revokedAt !== undefined && record.revokedAt === undefined;
}

/**
 * The record that puts a stray right: what was so before it, or, where nothing was, a registration that ended at once.
 * It is journalled after the stray, because compaction keeps only the newest record of each key.
 */
export function putRight(stray: RegistrationRecord, current: RegistrationRecord | undefined): JournalChange {
  return { kind: 'registration', record: current ?? { ...stray, state: 'ended' } };
}

/** Reads the whole journal in order into what it says in the end. */
export class JournalFold {
  readonly #newest = new Map<string, JournalChange & { readonly offset: number }>();
  readonly #places = new HeldPlaces();
  readonly #strays = new Map<string, JournalChange & { readonly offset: number }>();
  #registrations = 0;

  add({ change, decidedAt, offset }: JournalEntry): void {
    const key = journalKey(change);
    if (this.#isStray(change, decidedAt)) {
      this.#strays.set(key, { ...change, offset });
      return;
    }
    this.#strays.delete(key);
    if (change.kind === 'registration') this.#hold(change.record);
    this.#newest.set(key, { ...change, offset });
  }

  /** The newest change of each key. */
  changes(): PlacedChange[] {
    return [...this.#newest.values()];
  }

  /** How many registrations there ever were; ended ones count. */
  get registrations(): number {
    return this.#registrations;
  }

  /** What must be journalled, because the newest record of its key is a stray, with the offset of that. */
  repairs(): { readonly change: JournalChange; readonly decidedAt: number }[] {
    return [...this.#strays].map(([key, { offset: decidedAt, ...stray }]) => {
      const { offset: _, ...current } = this.#newest.get(key) ?? { ...stray, offset: decidedAt };
      if (stray.kind === 'api-key') return { change: current, decidedAt };
      return { change: putRight(stray.record, this.#registration(key)?.record), decidedAt };
    });
  }

  #isStray(change: JournalChange, decidedAt: number | undefined): boolean {
    const key = journalKey(change);
    if (change.kind === 'api-key') {
      const before = this.#newest.get(key);
      return isRevival(change.record, before?.kind === 'api-key' ? before.record : undefined);
    }
    const { destination } = change.record;
    const [holder, nested] = [this.#places.holderOf(destination), this.#places.nestedHoldersOf(destination)];
    return isStray(change, decidedAt, { current: this.#registration(key), holder, nested });
  }

  #registration(key: string) {
    const found = this.#newest.get(key);
    return found?.kind === 'registration' ? found : undefined;
  }

  #hold(record: RegistrationRecord): void {
    const before = this.#registration(record.registration)?.record;
    if (before === undefined) this.#registrations += 1;
    else this.#places.release(before.destination, record.registration);
    if (record.state !== 'ended') this.#places.hold(record.destination, record.registration);
  }
}
