import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { type ApiKeyRecord, changesKept } from '@tributary/schemas/redis/keys.ts';
import {
  type Destination,
  type RegistrationId,
  type RegistrationRecord,
  registrationId,
} from '@tributary/schemas/registration.ts';
import { isRevival, isStray, type PlacedChange } from './fold.ts';
import { HeldPlaces } from './held-places.ts';
import type { JournalChange } from './journal.ts';
import type { JournalPosition, Snapshot, StoreLock, SubscriptionStore } from './subscriptions.ts';

interface Kept {
  version: number | undefined;
  whole: boolean;
  registrations: Map<RegistrationId, RegistrationRecord>;
  changedAt: Map<RegistrationId, number>;
  destinations: HeldPlaces;
  apiKeys: Map<string, ApiKeyRecord>;
  changes: { version: number; record?: RegistrationRecord }[];
}

const nothing = (): Kept => ({
  version: undefined,
  whole: false,
  registrations: new Map(),
  changedAt: new Map(),
  destinations: new HeldPlaces(),
  apiKeys: new Map(),
  changes: [],
});

/**
 * The store in this process' memory, for tests: the same promises as Redis, and ways to break it. It has nothing in it
 * and isn't whole until its first rebuild.
 */
export class MemoryStore implements SubscriptionStore {
  #away = false;
  #connections = 1;
  #kept = nothing();
  readonly #locks = new Map<string, { holder: object; until: number }>();
  readonly #now: () => number;

  /** `now` (ms) lets locks expire; without it they never do. */
  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  /** From now on nothing answers, until `comeBack`. */
  goAway(): void {
    this.#away = true;
  }

  comeBack(): void {
    this.#away = false;
    this.#connections += 1;
  }

  /** What a restart without its data leaves. */
  wipe(): void {
    this.#kept = nothing();
    this.#locks.clear();
  }

  loseSentinel(): void {
    this.#kept.whole = false;
  }

  #reach(): void {
    if (this.#away) throw new Fault('subscriptions-unavailable', 'the memory store was told to be away');
  }

  #whole(): Kept & { version: number } {
    this.#reach();
    if (!this.#kept.whole || this.#kept.version === undefined) throw new Fault('subscriptions-not-whole');
    return this.#kept as Kept & { version: number };
  }

  async version(): Promise<number> {
    return this.#whole().version;
  }

  async readAll(): Promise<Snapshot> {
    const { version, registrations } = this.#whole();
    return { version, records: [...registrations.values()] };
  }

  async changesSince(version: number): Promise<Snapshot | 'too-far-behind'> {
    const kept = this.#whole();
    if (kept.version < version) throw new Fault('subscriptions-not-whole', `at ${kept.version} after ${version}`);
    if ((kept.changes[0]?.version ?? Number.POSITIVE_INFINITY) > version) return 'too-far-behind';
    const later = kept.changes.filter((change) => change.version > version);
    return { version: kept.version, records: later.flatMap(({ record }) => record ?? []) };
  }

  async registration(id: RegistrationId): Promise<RegistrationRecord | undefined> {
    return this.#whole().registrations.get(id);
  }

  async registrationsOf(account: string): Promise<RegistrationRecord[]> {
    const { registrations } = this.#whole();
    return eventClassNames.flatMap((eventClass) => registrations.get(registrationId(account, eventClass)) ?? []);
  }

  async holderOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId | undefined> {
    return this.#whole().destinations.holderOf(destination);
  }

  async nestedHoldersOf(destination: Pick<Destination, 'bucketName' | 'prefix'>): Promise<RegistrationId[]> {
    return this.#whole().destinations.nestedHoldersOf(destination);
  }

  async apiKey(id: string): Promise<ApiKeyRecord | undefined> {
    return this.#whole().apiKeys.get(id);
  }

  async apply(
    { after, offset, decidedAt }: JournalPosition & { readonly decidedAt?: number },
    change: JournalChange,
  ): Promise<'applied' | 'stray'> {
    const kept = this.#whole();
    if (offset <= kept.version) return 'applied';
    if (kept.version < after) throw new Fault('subscriptions-not-whole', `at ${kept.version}, not ${after}`);
    if (change.kind === 'registration' && isStray(change, decidedAt, standing(kept, change.record))) return 'stray';
    if (change.kind === 'api-key' && isRevival(change.record, kept.apiKeys.get(change.record.id))) return 'stray';
    put(kept, change, offset);
    kept.version = offset;
    if (change.kind === 'registration') kept.changes.push({ version: offset, record: change.record });
    if (kept.changes.length > changesKept) kept.changes.shift();
    return 'applied';
  }

  async skip({ after, offset }: JournalPosition): Promise<void> {
    const kept = this.#whole();
    if (kept.version < after) throw new Fault('subscriptions-not-whole', `at ${kept.version}, not ${after}`);
    kept.version = Math.max(kept.version, offset);
  }

  async count(): Promise<{ version: number; registrations: number }> {
    const { version, registrations } = this.#whole();
    return { version, registrations: registrations.size };
  }

  async rebuild(
    changes: readonly PlacedChange[],
    version: number,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<'rebuilt' | 'busy' | 'newer'> {
    this.#reach();
    if (this.#kept.whole && (this.#kept.version ?? -1) >= version + (force ? 1 : 0)) return 'newer';
    const kept = nothing();
    for (const change of changes) put(kept, change, change.offset ?? version);
    this.#kept = Object.assign(kept, { version, changes: [{ version }], whole: true });
    return 'rebuilt';
  }

  async lock(name: string, leaseMs: number): Promise<StoreLock | undefined> {
    this.#reach();
    const held = this.#locks.get(name);
    if (held !== undefined && held.until > this.#now()) return undefined;
    const holder = {};
    this.#locks.set(name, { holder, until: this.#now() + leaseMs });
    return {
      release: async () => {
        this.#reach();
        if (this.#locks.get(name)?.holder === holder) this.#locks.delete(name);
      },
    };
  }

  connections(): number {
    return this.#connections;
  }

  async close(): Promise<void> {}
}

/** A store in memory; `now` (ms) lets its locks expire. */
export function createMemoryStore(now?: () => number): MemoryStore {
  return new MemoryStore(now);
}

function standing(kept: Kept, { registration, destination }: RegistrationRecord) {
  const record = kept.registrations.get(registration);
  const offset = kept.changedAt.get(registration) ?? -1;
  const [holder, nested] = [kept.destinations.holderOf(destination), kept.destinations.nestedHoldersOf(destination)];
  return { current: record && { record, offset }, holder, nested };
}

function put(state: Kept, change: JournalChange, offset: number): void {
  if (change.kind === 'api-key') {
    state.apiKeys.set(change.record.id, change.record);
    return;
  }
  const { record } = change;
  const before = state.registrations.get(record.registration);
  if (before !== undefined) state.destinations.release(before.destination, record.registration);
  if (record.state !== 'ended') state.destinations.hold(record.destination, record.registration);
  state.registrations.set(record.registration, record);
  state.changedAt.set(record.registration, offset);
}
