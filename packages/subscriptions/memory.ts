import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { type ApiKeyRecord, changesKept } from '@tributary/schemas/redis/keys.ts';
import { type RegistrationId, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import type { JournalChange } from './journal.ts';
import { destinationName, type StoreLock, type SubscriptionStore } from './subscriptions.ts';

/** The store in this process' memory, for tests: the same promises as Redis, and ways to break it. */
export interface MemoryStore extends SubscriptionStore {
  /** From now on nothing answers, until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  /** What a restart without its data leaves. */
  wipe(): void;
  loseSentinel(): void;
}

interface Kept {
  version: number | undefined;
  whole: boolean;
  registrations: Map<RegistrationId, RegistrationRecord>;
  destinations: Map<string, RegistrationId>;
  apiKeys: Map<string, ApiKeyRecord>;
  changes: { version: number; record?: RegistrationRecord }[];
}

const nothing = (): Kept => ({
  version: undefined,
  whole: false,
  registrations: new Map(),
  destinations: new Map(),
  apiKeys: new Map(),
  changes: [],
});

/** A store without anything in it: not whole until its first rebuild. `now` (ms) lets locks expire. */
export function createMemoryStore(now: () => number = Date.now): MemoryStore {
  let away = false;
  let kept = nothing();
  const locks = new Map<string, { holder: object; until: number }>();

  const reach = () => {
    if (away) throw new Fault('subscriptions-unavailable', 'the memory store was told to be away');
  };
  const whole = (): Kept & { version: number } => {
    reach();
    if (!kept.whole || kept.version === undefined) throw new Fault('subscriptions-not-whole');
    return kept as Kept & { version: number };
  };

  return {
    version: async () => whole().version,
    readAll: async () => ({ version: whole().version, records: [...kept.registrations.values()] }),
    async changesSince(version) {
      const state = whole();
      if (state.version < version) throw new Fault('subscriptions-not-whole', `at ${state.version} after ${version}`);
      if ((state.changes[0]?.version ?? Number.POSITIVE_INFINITY) > version) return 'too-far-behind';
      const later = state.changes.filter((change) => change.version > version && change.record !== undefined);
      return { version: state.version, records: later.map(({ record }) => record as RegistrationRecord) };
    },
    registration: async (id) => whole().registrations.get(id),
    async registrationsOf(account) {
      const ids = eventClassNames.map((eventClass) => registrationId(account, eventClass));
      return ids.flatMap((id) => whole().registrations.get(id) ?? []);
    },
    holderOf: async (destination) => whole().destinations.get(destinationName(destination)),
    apiKey: async (id) => whole().apiKeys.get(id),
    async apply({ after, offset }, change) {
      const state = whole();
      if (offset <= state.version) return;
      if (state.version < after) throw new Fault('subscriptions-not-whole', `at ${state.version}, not ${after}`);
      put(state, change);
      state.version = offset;
      if (change.kind === 'registration') state.changes.push({ version: offset, record: change.record });
      if (state.changes.length > changesKept) state.changes.shift();
    },
    async rebuild(changes, version) {
      reach();
      if (kept.whole && (kept.version ?? -1) >= version) return 'newer';
      kept = nothing();
      for (const change of changes) put(kept, change);
      Object.assign(kept, { version, changes: [{ version }], whole: true });
      return 'rebuilt';
    },
    async lock(name, leaseMs): Promise<StoreLock | undefined> {
      reach();
      if ((locks.get(name)?.until ?? 0) > now()) return undefined;
      const holder = {};
      locks.set(name, { holder, until: now() + leaseMs });
      return {
        async release() {
          reach();
          if (locks.get(name)?.holder === holder) locks.delete(name);
        },
      };
    },
    async close() {},
    goAway: () => {
      away = true;
    },
    comeBack: () => {
      away = false;
    },
    wipe: () => {
      kept = nothing();
      locks.clear();
    },
    loseSentinel: () => {
      kept.whole = false;
    },
  };
}

function put(state: Kept, change: JournalChange): void {
  if (change.kind === 'api-key') {
    state.apiKeys.set(change.record.id, change.record);
    return;
  }
  const { record } = change;
  const before = state.registrations.get(record.registration);
  const held = before && destinationName(before.destination);
  if (held && state.destinations.get(held) === record.registration) state.destinations.delete(held);
  if (record.state === 'active') state.destinations.set(destinationName(record.destination), record.registration);
  state.registrations.set(record.registration, record);
}
