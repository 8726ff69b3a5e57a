import type { RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type JournalChange, type JournalEntry, journalKey } from './journal.ts';
import { destinationName } from './subscriptions.ts';

/** A change with the offset of the journal record that says it. */
export type PlacedChange = JournalChange & { readonly offset?: number };

/** What is known at the time when a change comes out of the journal. */
interface Standing {
  /** The registration as it is, and the offset that changed it last. */
  readonly current: { readonly record: RegistrationRecord; readonly offset: number } | undefined;
  /** Who holds the destination that the change asks for. */
  readonly holder: RegistrationId | undefined;
}

/**
 * Whether a change is stray: decided by a request that outlasted its locks, so that another change of the registration,
 * or another holder of the destination, came into the journal before it. Such a record changes nothing. One that says
 * what is so already is no stray, so that whoever puts a stray right may do so twice. `applyScript` is the same rule.
 */
export function isStray(change: JournalChange, decidedAt: number | undefined, { current, holder }: Standing): boolean {
  if (change.kind === 'api-key' || decidedAt === undefined) return false;
  const { record } = change;
  if (current !== undefined && JSON.stringify(current.record) === JSON.stringify(record)) return false;
  if (current !== undefined && current.offset > decidedAt) return true;
  return record.state !== 'ended' && holder !== undefined && holder !== record.registration;
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
  readonly #holders = new Map<string, RegistrationId>();
  readonly #strays = new Map<RegistrationId, { readonly record: RegistrationRecord; readonly offset: number }>();
  #registrations = 0;

  add({ change, decidedAt, offset }: JournalEntry): void {
    const key = journalKey(change);
    if (change.kind === 'api-key') {
      this.#newest.set(key, { ...change, offset });
      return;
    }
    const { record } = change;
    const before = this.#newest.get(key);
    const current = before?.kind === 'registration' ? before : undefined;
    const held = destinationName(record.destination);
    if (isStray(change, decidedAt, { current, holder: this.#holders.get(held) })) {
      this.#strays.set(record.registration, { record, offset });
      return;
    }
    this.#strays.delete(record.registration);
    if (current === undefined) this.#registrations += 1;
    this.#release(current?.record);
    if (record.state !== 'ended') this.#holders.set(held, record.registration);
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
    return [...this.#strays.values()].map(({ record, offset }) => {
      const current = this.#newest.get(record.registration);
      return {
        change: putRight(record, current?.kind === 'registration' ? current.record : undefined),
        decidedAt: offset,
      };
    });
  }

  #release(record: RegistrationRecord | undefined): void {
    if (record === undefined) return;
    const held = destinationName(record.destination);
    if (this.#holders.get(held) === record.registration) this.#holders.delete(held);
  }
}
