import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { HeldBack } from './delivered-through.ts';
import { splitKey } from './object-name.ts';
import { type ParkedCount, ParkedObjects, parkedForMs } from './parked-objects.ts';
import { RecentNumbers } from './recent-numbers.ts';
import { type ReceiptAt, RecentReceipts } from './recent-receipts.ts';

const dayMs = 86_400_000;
/** More than the objects of a registration in a cut that is done again (OBJECTS_PER_REGISTRATION_MAX, 240 at most). */
const namesMax = 256;
const rejectionsMax = 64;
const lastRejectedMax = 10;

/** An event of a registration that was rejected. */
export interface Rejected {
  readonly fault: FaultCode;
  /** When, ms since the epoch. */
  readonly at: number;
}

interface Trouble {
  readonly fault: FaultCode;
  readonly since: number;
  readonly nextTry?: number;
}

/** What is known of one registration from its receipts and rejected events; times are ms since the epoch. */
export interface RegistrationFigures {
  readonly health: 'delivering' | 'failing' | 'suspended';
  readonly lastDeliveredAt?: number;
  readonly today: { readonly rows: number; readonly bytes: number };
  readonly rejected: { readonly count: number; readonly last: readonly Rejected[] };
  readonly lastError?: Trouble;
}

/**
 * The books of one registration. Receipts and rejected events may come twice: an object counts by its key and an event
 * by its position, as far as the last 256 objects and 64 events. Bounded, whatever comes.
 */
export class RegistrationLedger {
  readonly #parked: ParkedObjects;
  readonly #recent = new RecentReceipts();
  /** Objects of which the end is known. */
  readonly #settled = new RecentNumbers(namesMax);
  readonly #rejections = new RecentNumbers(rejectionsMax);
  #today = { day: 0, rows: 0, bytes: 0, rejected: 0 };
  #lastDeliveredAt: number | undefined;
  #lastRejected: Rejected[] = [];
  #trouble: Trouble | undefined;

  constructor(parked: ParkedCount) {
    this.#parked = new ParkedObjects(parked);
  }

  /** Books a receipt of this registration. */
  receive(entry: ReceiptAt): void {
    const { receipt } = entry;
    const name = nameOf(receipt);
    if (receipt.outcome === 'parked') this.#park(entry, name);
    else if (receipt.outcome === 'delivered') this.#deliver(entry, name);
    else this.#drop(entry, name);
  }

  /** Books a rejected event; `position` names it within its topic. */
  reject(position: number, rejected: Rejected): void {
    if (!this.#rejections.isNew(position)) return;
    this.#on(rejected.at).rejected += 1;
    this.#lastRejected = [rejected, ...this.#lastRejected].slice(0, lastRejectedMax);
  }

  /** The figures at `now`. */
  figures(now: number): RegistrationFigures {
    const { day, rows, bytes, rejected } = this.#today;
    const isToday = day === Math.floor(now / dayMs);
    const trouble = this.#trouble;
    return {
      health: trouble === undefined ? 'delivering' : now < trouble.since + parkedForMs ? 'failing' : 'suspended',
      ...(this.#lastDeliveredAt === undefined ? {} : { lastDeliveredAt: this.#lastDeliveredAt }),
      today: isToday ? { rows, bytes } : { rows: 0, bytes: 0 },
      rejected: { count: isToday ? rejected : 0, last: this.#lastRejected },
      ...(trouble === undefined ? {} : { lastError: trouble }),
    };
  }

  /** What its parked objects hold back. */
  heldBack(now: number): HeldBack | undefined {
    return this.#parked.heldBack(now);
  }

  /** See RecentReceipts.list. */
  recent(
    of: Pick<Receipt, 'registration' | 'eventClass' | 'handoffTopic'>,
    limit: number,
    before: number,
  ): ReceiptAt[] {
    return this.#recent.list(of, limit, before);
  }

  #park(entry: ReceiptAt, name: number): void {
    const { receipt } = entry;
    // A receipt that a former owner wrote late.
    if (this.#settled.has(name)) return;
    this.#parked.add(name, receipt);
    this.#recent.add(entry);
    const { fault = 'put-refused', nextTry } = receipt;
    const since = this.#trouble?.since ?? receipt.writtenAt;
    this.#trouble = { fault, since, ...(nextTry === undefined ? {} : { nextTry }) };
  }

  #deliver(entry: ReceiptAt, name: number): void {
    const { rows, bytes, writtenAt } = entry.receipt;
    this.#unpark(name, writtenAt);
    if (!this.#settled.isNew(name)) return;
    this.#recent.add(entry);
    this.#lastDeliveredAt = Math.max(this.#lastDeliveredAt ?? 0, writtenAt);
    const today = this.#on(writtenAt);
    today.rows += rows;
    today.bytes += bytes;
  }

  #drop(entry: ReceiptAt, name: number): void {
    const { receipt } = entry;
    const isNew = this.#settled.isNew(name);
    if (receipt.fault !== 'parked-expired') this.#unpark(name, receipt.writtenAt);
    else if (isNew) this.#giveUp(receipt, name);
    if (isNew) this.#recent.add(entry);
  }

  /** Nobody decided this and the bucket refuses still, for all we know: the trouble ends with the next delivery. */
  #giveUp(receipt: Receipt, name: number): void {
    this.#parked.giveUp(name, receipt);
    if (!this.#parked.isEmpty(receipt.writtenAt)) return;
    const since = this.#trouble?.since ?? receipt.writtenAt - parkedForMs;
    this.#trouble = { fault: 'parked-expired', since };
  }

  #unpark(name: number, at: number): void {
    this.#parked.remove(name);
    if (this.#parked.isEmpty(at)) this.#trouble = undefined;
  }

  /** The sums of the UTC day of `at`; what is of an earlier day than the newest goes nowhere. */
  #on(at: number): { rows: number; bytes: number; rejected: number } {
    const day = Math.floor(at / dayMs);
    if (day > this.#today.day) this.#today = { day, rows: 0, bytes: 0, rejected: 0 };
    return day === this.#today.day ? this.#today : { rows: 0, bytes: 0, rejected: 0 };
  }
}

/** The object of a receipt as a number: 52 bits of the SHA-256 in its name, or its offsets where it has no name. */
function nameOf({ objectKey, offsets, generation }: Receipt): number {
  const name = splitKey(objectKey ?? '')?.name;
  return name === undefined ? -(offsets[0] * 1_000 + (generation % 1_000) + 1) : Number.parseInt(name.slice(0, 13), 16);
}
