import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import type { Destination, RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { PlacedChange } from './fold.ts';
import type { JournalChange } from './journal.ts';

/**
 * The hinge between our services and Redis: what is known about registrations and API keys, built from the journal in
 * order. `ioredis.ts` and `memory.ts` implement it and pass one contract suite, `subscriptions.contract.ts`.
 *
 * Every method may reject with `Fault('subscriptions-unavailable')` (no answer within about two seconds) or
 * `Fault('subscriptions-not-whole')` (no sentinel or version, or an older version than the caller knows). Neither means
 * "there is none": invariant 5, unknown is not empty.
 */
export interface SubscriptionStore {
  /** Offset of the last journal record applied; -1 after a rebuild from an empty journal. */
  version(): Promise<number>;
  /** All registrations, ended ones too, as of one version. */
  readAll(): Promise<Snapshot>;
  /**
   * The registrations that changed after `version`, oldest first, read in one transaction with the version that they
   * lead to. `too-far-behind`: the changes are not kept any more, read all.
   */
  changesSince(version: number): Promise<Snapshot | 'too-far-behind'>;
  registration(id: RegistrationId): Promise<RegistrationRecord | undefined>;
  /** The account's registrations, ended ones too, in the order of the event classes. */
  registrationsOf(account: string): Promise<RegistrationRecord[]>;
  /** The registration, active or paused, that holds this bucket and prefix. */
  holderOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId | undefined>;
  /** Registrations that hold a prefix of the same bucket which contains this one or lies in it. */
  nestedHoldersOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId[]>;
  apiKey(id: string): Promise<ApiKeyRecord | undefined>;
  /**
   * Applies one journal record, atomically. `after` is the offset of the journal record before it (-1: none): a store
   * that hasn't come as far refuses with `subscriptions-not-whole`, so no change is ever stepped over. A record at or
   * before the store's version changes nothing. `stray` (see `isStray` and `isRevival`): nothing was done; put it right, then `skip` it.
   */
  apply(
    position: JournalPosition & { readonly decidedAt?: number },
    change: JournalChange,
  ): Promise<'applied' | 'stray'>;
  /** Goes past the journal record at `offset`, which changes nothing. Refuses like `apply`. */
  skip(position: JournalPosition): Promise<void>;
  /**
   * Replaces everything by `changes`, the newest one of each key of the journal up to `version`. Readers are refused
   * from its first write to its last. `busy`: another process rebuilds, or a failover took a part away; `newer`: the
   * store is whole and has this version or a later one (with `force`: a later one), and nothing was done.
   */
  rebuild(
    changes: readonly PlacedChange[],
    version: number,
    options?: { readonly force?: boolean },
  ): Promise<'rebuilt' | 'busy' | 'newer'>;
  /** The version with the number of registrations, ended ones too. */
  count(): Promise<{ readonly version: number; readonly registrations: number }>;
  /**
   * Takes the lock of `name` (a registration id, or a destination's) for at most `leaseMs`; undefined when another
   * holder has it. A lock that isn't released ends by itself after the lease.
   */
  lock(name: string, leaseMs: number): Promise<StoreLock | undefined>;
  /**
   * How many connections there have been so far. After another one the answers may come from another server, which a
   * failover may have left without the newest writes.
   */
  connections(): number;
  close(): Promise<void>;
}

/** Which record of the journal, and the offset of the one before it (-1: none). */
export interface JournalPosition {
  readonly after: number;
  readonly offset: number;
}

/** Registrations as of one journal offset. */
export interface Snapshot {
  readonly version: number;
  readonly records: readonly RegistrationRecord[];
}

/** A lock that is held. */
export interface StoreLock {
  /** Gives the lock back, if it is still ours. */
  release(): Promise<void>;
}

/** What the consumer and the flusher ask about registrations; `createMirror` keeps it current. */
export interface Registrations {
  /** The registration of `account` for `eventClass` while it is active. */
  find(account: string, eventClass: EventClass): RegistrationRecord | undefined;
  /** The whole record, ended or not, with its earlier generations. */
  byId(registration: RegistrationId): RegistrationRecord | undefined;
}

/** The names of the folders that contain this destination: of `b/ext/x/1.0` they are `b/ext` and `b/ext/x`. */
export function outerDestinations(destination: Pick<Destination, 'bucketName' | 'prefix'>): string[] {
  const parts = destination.prefix.split('/');
  return parts.slice(1).map((_, index) => [destination.bucketName, ...parts.slice(0, index + 1)].join('/'));
}

/** The name under which a destination is held and locked: `<bucket>/<prefix>`. */
export function destinationName(destination: Pick<Destination, 'bucketName' | 'prefix'>): string {
  return `${destination.bucketName}/${destination.prefix}`;
}
