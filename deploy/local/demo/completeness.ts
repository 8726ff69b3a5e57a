import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';

/** One event that was fed and acknowledged, as the ledger has it. */
export interface FedEvent {
  readonly uuid: string;
  readonly eventClass: EventClass;
  readonly account?: string;
  /** The fault that it must be rejected with; absent where it must not be rejected for a known reason. */
  readonly fault?: string;
  /** `<topic>/<partition>/<offset>` of its Kafka record. */
  readonly source: string;
}

/** A record that was found on `rejected`. */
export interface RejectedEvent {
  readonly source: string;
  readonly fault: string;
}

/** What became of the fed events of one class. */
export interface ClassTotals {
  readonly eventClass: EventClass;
  readonly fed: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly notRegistered: number;
  /** Neither delivered nor rejected yet, although its account is registered. */
  readonly waiting: number;
  readonly objects: number;
  /** Event time of the newest delivered event, ms since the epoch. */
  readonly newest: number | undefined;
}

interface Tally {
  fed: number;
  delivered: number;
  rejected: number;
  unwanted: number;
  objects: number;
  newest: number | undefined;
}

interface Entry {
  readonly event: FedEvent;
  delivered: boolean;
  rejected: boolean;
}

/**
 * The proof of a run: compares what was fed with what lies in the lakes and on `rejected`, event by event. It knows
 * nothing of our code, only the ledger, the registrations and what readers find.
 */
export class Completeness {
  readonly #isRegistered: (account: string | undefined, eventClass: EventClass) => boolean;
  readonly #byUuid = new Map<string, Entry>();
  readonly #bySource = new Map<string, Entry>();
  readonly #tallies = new Map(eventClassNames.map((name) => [name, emptyTally()]));
  readonly #reasons = new Map<string, number>();
  readonly #wrong: string[] = [];
  #wrongCount = 0;
  /** Found in the lake before the ledger told of it: acknowledgement and ledger line lag the record a little. */
  readonly #early: (() => boolean)[] = [];

  constructor(isRegistered: (account: string | undefined, eventClass: EventClass) => boolean) {
    this.#isRegistered = isRegistered;
  }

  /** Adds an event of the ledger. */
  fed(event: FedEvent): void {
    const entry = { event, delivered: false, rejected: false };
    if (this.#byUuid.has(event.uuid)) this.#note(`uuid ${event.uuid} was fed twice`);
    this.#byUuid.set(event.uuid, entry);
    this.#bySource.set(event.source, entry);
    const tally = this.#tallies.get(event.eventClass)!;
    tally.fed++;
    if (!this.#isRegistered(event.account, event.eventClass)) tally.unwanted++;
  }

  /** Adds a row found in the lake of `account`, in an object of `eventClass`. */
  delivered(uuid: string, account: string, eventClass: EventClass, classUid: number, time: number): void {
    const settle = () => {
      const entry = this.#byUuid.get(uuid);
      if (entry === undefined) return false;
      this.#settleDelivered(entry, account, eventClass, classUid, time);
      return true;
    };
    if (!settle()) this.#early.push(settle);
  }

  /** Counts an object. */
  object(eventClass: EventClass): void {
    this.#tallies.get(eventClass)!.objects++;
  }

  /** Adds a record found on `rejected`. One source position counts once: readers of `rejected` de-duplicate. */
  rejected({ source, fault }: RejectedEvent): void {
    const settle = () => {
      const entry = this.#bySource.get(source);
      if (entry === undefined) return false;
      if (entry.rejected) return true;
      entry.rejected = true;
      const { uuid, fault: expected } = entry.event;
      if (expected !== undefined && expected !== fault)
        this.#note(`${uuid} was rejected as ${fault}, not as ${expected}`);
      if (entry.delivered) this.#note(`${entry.event.uuid} was delivered and rejected`);
      const tally = this.#tallies.get(entry.event.eventClass)!;
      tally.rejected++;
      if (!this.#isRegistered(entry.event.account, entry.event.eventClass)) tally.unwanted--;
      const reason = `${entry.event.eventClass}: ${fault}`;
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
      return true;
    };
    if (!settle()) this.#early.push(settle);
  }

  /** The totals of each class as they are now. */
  totals(): ClassTotals[] {
    for (let at = this.#early.length - 1; at >= 0; at--) if (this.#early[at]!()) this.#early.splice(at, 1);
    return eventClassNames.map((eventClass) => {
      const { fed, delivered, rejected, unwanted, objects, newest } = this.#tallies.get(eventClass)!;
      return {
        eventClass,
        fed,
        delivered,
        rejected,
        notRegistered: unwanted,
        waiting: fed - delivered - rejected - unwanted,
        objects,
        newest,
      };
    });
  }

  /** How many events were rejected, by class and fault. */
  reasons(): ReadonlyMap<string, number> {
    return this.#reasons;
  }

  /** Everything that must not be: rows twice, in a wrong lake or class, or that nobody fed. Up to 20 sentences. */
  wrong(): readonly string[] {
    this.totals();
    const unknown = this.#early.length > 0 ? [`${this.#early.length} rows or rejected records were never fed`] : [];
    const more = this.#wrongCount > this.#wrong.length ? [`… and ${this.#wrongCount - this.#wrong.length} more`] : [];
    return [...this.#wrong, ...more, ...unknown];
  }

  /** Events that are neither delivered nor rejected although they should be, up to `limit`. */
  waiting(limit: number): FedEvent[] {
    const found: FedEvent[] = [];
    for (const { event, delivered, rejected } of this.#byUuid.values()) {
      if (found.length === limit) break;
      if (!delivered && !rejected && this.#isRegistered(event.account, event.eventClass)) found.push(event);
    }
    return found;
  }

  #settleDelivered(entry: Entry, account: string, eventClass: EventClass, classUid: number, time: number): void {
    const { event } = entry;
    if (entry.delivered) {
      this.#note(`${event.uuid} was delivered twice`);
      return;
    }
    entry.delivered = true;
    if (entry.rejected) this.#note(`${event.uuid} was delivered and rejected`);
    if (event.fault !== undefined) this.#note(`${event.uuid} was delivered, not rejected as ${event.fault}`);
    if (event.account !== account)
      this.#note(`${event.uuid} of account ${event.account} lies in the lake of ${account}`);
    if (event.eventClass !== eventClass || eventClasses[eventClass].classUid !== classUid)
      this.#note(`${event.uuid} of ${event.eventClass} lies among ${eventClass} as class ${classUid}`);
    if (!this.#isRegistered(event.account, event.eventClass))
      this.#note(`${event.uuid} was delivered although ${event.account} is not registered for ${event.eventClass}`);
    const tally = this.#tallies.get(event.eventClass)!;
    tally.delivered++;
    if (tally.newest === undefined || time > tally.newest) tally.newest = time;
  }

  #note(sentence: string): void {
    this.#wrongCount++;
    if (this.#wrong.length < 20) this.#wrong.push(sentence);
  }
}

const emptyTally = (): Tally => ({ fed: 0, delivered: 0, rejected: 0, unwanted: 0, objects: 0, newest: undefined });
