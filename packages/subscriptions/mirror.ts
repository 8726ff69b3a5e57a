import { Fault } from '@tributary/schemas/faults.ts';
import { type RegistrationId, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { isMassLoss, type Known, refuseMassLoss } from './known.ts';
import type { Registrations, Snapshot, SubscriptionStore } from './subscriptions.ts';

/** A copy of all registrations in memory, as of one version. */
export interface Mirror extends Registrations {
  /**
   * Brings the mirror up to date; call it before each batch that is routed. Rejects with `subscriptions-unavailable` or
   * `subscriptions-not-whole`, and until the next refresh that succeeds `find` and `byId` throw the same.
   */
  refresh(): Promise<void>;
  /** The journal offset that the mirror has come to; throws like `find`. */
  version(): number;
}

/** What a mirror reads from, and how often it compares with the journal. */
export interface MirrorOptions {
  readonly store: Pick<SubscriptionStore, 'readAll' | 'changesSince' | 'connections'>;
  /** Offset of the next record of the journal topic. Asked for at start, after a failure or a reconnect, and every `checkEveryMs`. */
  readonly journalEnd: () => Promise<number>;
  /** How many registrations are remembered elsewhere (`readKnown`). Asked for when all are read, so above all at start. */
  readonly known?: () => Promise<Known | undefined>;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly checkEveryMs: number;
}

interface MirrorState {
  readonly version: number;
  readonly records: Map<RegistrationId, RegistrationRecord>;
}

/**
 * Keeps invariant 5, unknown is not empty: the mirror answers only after a refresh that found Redis whole, no older
 * than anything seen before and not behind the journal, and without a loss of many registrations. A process that starts
 * compares with the number that is remembered, so a start confirms no loss: only an operator does, by command.
 */
export function createMirror(options: MirrorOptions): Mirror {
  let known: MirrorState | undefined;
  let checkedAt: number | undefined;
  let checkedConnection: number | undefined;
  let problem = new Fault('subscriptions-not-whole', 'the mirror has not been filled yet');
  let believed = false;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  const update = async () => {
    const connection = options.store.connections();
    const ageMs = checkedAt === undefined ? Number.POSITIVE_INFINITY : options.now() - checkedAt;
    // A check in the future was made before the clock was set back.
    const late = ageMs >= options.checkEveryMs || ageMs < 0;
    const due = !believed || late || connection !== checkedConnection;
    // The end is read before Redis, so that a record written in between never looks like Redis being ahead of it.
    const end = due ? await endOfJournal(options.journalEnd) : undefined;
    const next = await readNext(options, known);
    if (end !== undefined) refuseBehindJournal(next.version, end);
    // The reads may have gone to another server than the one that was compared with the journal.
    if (options.store.connections() !== connection) throw new Fault('subscriptions-unavailable', 'it connected anew');
    known = next;
    if (end === undefined) return;
    checkedAt = options.now();
    checkedConnection = connection;
  };

  const refresh = async () => {
    try {
      await update();
      believed = true;
    } catch (error) {
      believed = false;
      problem = error instanceof Fault ? error : new Fault('subscriptions-unavailable', undefined, { cause: error });
      throw problem;
    }
  };

  const state = (): MirrorState => {
    if (!believed || known === undefined) throw problem;
    return known;
  };

  const start = () => {
    queued = undefined;
    running = refresh().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    refresh() {
      if (running === undefined) return start();
      // One that runs may have read before this call, so whoever comes meanwhile shares the next one.
      queued ??= running.then(start, start);
      return queued;
    },
    version: () => state().version,
    find(account, eventClass) {
      const record = state().records.get(registrationId(account, eventClass));
      return record?.state === 'active' ? record : undefined;
    },
    byId: (registration) => state().records.get(registration),
  };
}

async function endOfJournal(journalEnd: () => Promise<number>): Promise<number> {
  try {
    return await journalEnd();
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'kafka-refuses') throw cause;
    throw new Fault('subscriptions-unavailable', 'the end of the journal cannot be read', { cause });
  }
}

function refuseBehindJournal(version: number, end: number): void {
  if (version >= end - 1) return;
  throw new Fault('subscriptions-not-whole', `Redis is at ${version}, the journal ends before ${end}`);
}

async function readNext(
  { store, known: remembered }: MirrorOptions,
  known: MirrorState | undefined,
): Promise<MirrorState> {
  const changes = known === undefined ? 'too-far-behind' : await store.changesSince(known.version);
  if (known !== undefined && changes !== 'too-far-behind') return withChanges(known, changes);
  const all = await store.readAll();
  refuseLoss(known, all, await numberKnown(remembered));
  return { version: all.version, records: byRegistration(all.records) };
}

function withChanges(known: MirrorState, changes: Snapshot): MirrorState {
  if (changes.records.length === 0) return { version: changes.version, records: known.records };
  const records = new Map(known.records);
  for (const record of changes.records) records.set(record.registration, record);
  return { version: changes.version, records };
}

function byRegistration(records: readonly RegistrationRecord[]): Map<RegistrationId, RegistrationRecord> {
  return new Map(records.map((record) => [record.registration, record]));
}

async function numberKnown(ask: MirrorOptions['known']): Promise<Known | undefined> {
  try {
    return await ask?.();
  } catch (cause) {
    throw new Fault('subscriptions-unavailable', 'the number of known registrations cannot be read', { cause });
  }
}

/** An end in the journal leaves a record that says `ended`; one that vanished has none, whatever Redis says. */
function refuseLoss(known: MirrorState | undefined, all: Snapshot, remembered: Known | undefined): void {
  refuseMassLoss({ registrations: all.records.length }, remembered);
  if (known === undefined) return;
  if (all.version < known.version) {
    throw new Fault('subscriptions-not-whole', `Redis went back from ${known.version} to ${all.version}`);
  }
  const next = byRegistration(all.records);
  const active = [...known.records.values()].filter(({ state }) => state === 'active');
  const vanished = active.filter(({ registration }) => !next.has(registration)).length;
  if (!isMassLoss(vanished, active.length)) return;
  // What is there is as much as was confirmed: the loss that the operator has looked at, and no other.
  const confirmed = remembered?.confirmedVersion ?? -1;
  if (confirmed >= known.version && confirmed <= all.version) return;
  const detail = `${vanished} of ${active.length} active registrations vanished without an end in the journal`;
  throw new Fault('subscriptions-not-whole', detail);
}
