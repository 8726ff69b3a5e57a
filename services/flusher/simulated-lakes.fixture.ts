import { createHash } from 'node:crypto';
import { createMemoryParking, type MemoryParking, type ParkedEntry, type Parking } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { Destination, RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { MutatedState } from './mutants.fixture.ts';
import type { StoreAnswer } from './partition.ts';

/** Guards that a test takes away, to show that the protocol needs them and the checker sees it. */
export interface TakenAway extends MutatedState {
  readonly fence?: boolean;
  readonly conditionalPut?: boolean;
  readonly consumerGoesBack?: boolean;
  /** Rows of different OCSF versions go into messages of their own. */
  readonly oneMessage?: boolean;
  /** A parked object is gone as soon as it is read, instead of after its receipt. */
  readonly deletedLast?: boolean;
  /** An unknown outcome passes for a refusal. */
  readonly unknownOutcome?: boolean;
  /** A try isn't written down before it is made. */
  readonly triesWrittenDown?: boolean;
}

/** How a location answers. `lost`: what is put there may land, and nobody is told. */
type Mood = 'takes' | 'refuses' | 'lost';

interface Stored {
  readonly registration: RegistrationId;
  readonly rows: readonly number[];
}

/** AWS takes no request that was signed earlier than this. */
const signatureMs = 15 * 60_000;

/** Customers that move, change roles and end, and their lakes, which take, refuse and lose; and our own bucket. */
export class SimulatedLakes {
  readonly objects = new Map<string, Stored>();
  readonly bucket: MemoryParking = createMemoryParking();
  readonly receipts: Receipt[] = [];
  /** How often an object was created; more than `objects` when one was created again. */
  created = 0;
  readonly #records = new Map<RegistrationId, RegistrationRecord>();
  readonly #moods = new Map<string, Mood>();
  readonly #roles = new Map<string, string>();
  readonly #late: { readonly since: number; readonly land: () => void }[] = [];
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #taken: TakenAway;

  constructor(registrations: readonly RegistrationId[], random: () => number, now: () => number, taken: TakenAway) {
    this.#random = random;
    this.#now = now;
    this.#taken = taken;
    for (const registration of registrations) this.#register(firstRecord(registration));
  }

  byId(registration: RegistrationId): RegistrationRecord | undefined {
    return this.#records.get(registration);
  }

  /** Every bucket that the registration ever named. */
  bucketsOf(registration: RegistrationId): ReadonlySet<string> {
    const { destination, earlier } = this.#records.get(registration)!;
    return new Set([destination, ...earlier.map((one) => one.destination)].map(({ bucketName }) => bucketName));
  }

  /** Something happens to a customer or its lake. `ends`: the registration that may end. */
  trouble(ends: RegistrationId): void {
    const records = [...this.#records.values()];
    const record = records[Math.floor(this.#random() * records.length)]!;
    const chance = this.#random();
    if (chance < 0.5) this.#change(record.destination);
    else if (chance < 0.6) for (const earlier of record.earlier) this.#change(earlier.destination);
    else if (chance < 0.75) this.#move(record, { bucketName: `${record.destination.bucketName}x` });
    else if (chance < 0.9) this.#move(record, { roleARN: `${record.destination.roleARN}x` });
    else if (chance < 0.95) this.bucket.away = !this.bucket.away;
    else if (record.registration === ends) this.#records.set(ends, { ...record, state: 'ended' });
    this.landLate();
  }

  /** A put that was lost on the way lands after all, unless it was signed too long ago. */
  landLate(): void {
    const [put] = this.#late.splice(Math.floor(this.#random() * this.#late.length), 1);
    if (put !== undefined && this.#now() - put.since < signatureMs) put.land();
  }

  /** Every lake takes what comes, and our own bucket answers. */
  heal(): void {
    for (const location of this.#moods.keys()) this.#moods.set(location, 'takes');
    this.bucket.away = false;
  }

  put(registration: RegistrationId, { bucketName, roleARN }: Destination, key: string, body: Uint8Array): StoreAnswer {
    const mood = roleARN === this.#roles.get(bucketName) ? this.#moods.get(bucketName) : 'refuses';
    if (mood === 'refuses') return { outcome: 'refused', fault: new Fault('put-refused'), certain: true };
    const land = () => this.#land(registration, `${bucketName}/${key}`, body);
    if (mood === 'takes') return { outcome: land() };
    if (this.#random() < 0.7) this.#late.push({ since: this.#now(), land });
    return unknown(this.#taken);
  }

  /** Our own bucket as one process sees it: `call` delays, refuses and loses answers. */
  parking(call: <T>(effect: () => T | Promise<T>) => Promise<T>): Parking {
    const { bucket } = this;
    const taken = this.#taken;
    return {
      park: (request) => call(() => bucket.park(request)),
      list: async function* list(prefix) {
        yield* await call(async () => {
          const entries: ParkedEntry[] = [];
          for await (const entry of bucket.list(prefix)) entries.push(entry);
          return entries;
        });
      },
      facts: (key) => call(() => bucket.facts(key)),
      read: (key) =>
        call(async () => {
          const read = await bucket.read(key);
          if (taken.deletedLast) await bucket.remove(key);
          return read;
        }),
      readNote: (key) => call(() => bucket.readNote(key)),
      writeNote: (key, text, version) =>
        call(async () => {
          if (taken.triesWrittenDown && text.includes('"trying"')) return version ?? '0';
          return bucket.writeNote(key, text, version === '0' ? undefined : version);
        }),
      order: (key, order) => call(() => bucket.order(key, order)),
      readOrder: (key) => call(() => bucket.readOrder(key)),
      clearOrder: (key) => call(() => bucket.clearOrder(key)),
      keepExpired: (key) => call(() => bucket.keepExpired(key)),
      remove: (key) => call(() => bucket.remove(key)),
      close() {},
    };
  }

  #land(registration: RegistrationId, name: string, body: Uint8Array): 'created' | 'already-there' {
    if (this.objects.has(name) && !this.#taken.conditionalPut) return 'already-there';
    this.objects.set(name, { registration, rows: JSON.parse(Buffer.from(body).toString()) as number[] });
    this.created++;
    return 'created';
  }

  #change({ bucketName }: Destination): void {
    const chance = this.#random();
    this.#moods.set(bucketName, chance < 0.5 ? 'takes' : chance < 0.8 ? 'refuses' : 'lost');
  }

  #move(record: RegistrationRecord, change: Partial<Destination>): void {
    if (record.state === 'ended' || record.generation > 5) return;
    const { generation, destination } = record;
    this.#register({
      ...record,
      generation: generation + 1,
      destination: { ...destination, ...change },
      earlier: [...record.earlier, { generation, state: 'superseded', destination }],
    });
  }

  #register(record: RegistrationRecord): void {
    const { bucketName, roleARN } = record.destination;
    this.#records.set(record.registration, record);
    this.#roles.set(bucketName, roleARN);
    if (!this.#moods.has(bucketName)) this.#moods.set(bucketName, 'takes');
  }
}

/** The answer after which nobody knows whether the object landed. */
export function unknown(taken: TakenAway): StoreAnswer {
  return { outcome: 'refused', fault: new Fault('lake-unavailable'), certain: taken.unknownOutcome === true };
}

/** The digest of an object's bytes. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function firstRecord(registration: RegistrationId): RegistrationRecord {
  const [account] = registration.split('/');
  return {
    registration,
    account: account!,
    eventClass: 'file-activity',
    state: 'active',
    generation: 1,
    destination: {
      providerAccountID: account!,
      bucketName: `lake-of-${account}`,
      prefix: 'ext/file',
      roleARN: `arn:aws:iam::${account}:role/r`,
    },
    ocsfVersion: '1.1.0',
    earlier: [],
    createdAt: '2026-01-01T00:00:00Z',
    changedAt: '2026-01-01T00:00:00Z',
  };
}
