import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { type FaultCode, faults } from '@tributary/schemas/faults.ts';
import { decodeReceipt, type Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { rejectedHeaders } from '@tributary/schemas/kafka/rejected.ts';
import { eventClassOfTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { partsOfRegistration, type RegistrationId, registrationId } from '@tributary/schemas/registration.ts';
import type { StreamRecord } from '@tributary/stream';
import type { HeldBack } from './delivered-through.ts';
import type { ParkedCount } from './parked-objects.ts';
import type { ReceiptAt } from './recent-receipts.ts';
import { type RegistrationFigures, RegistrationLedger } from './registration-ledger.ts';

/** The books of every registration: what the records of `receipts` and `rejected` say, in the order of the topics. */
export class StatusBook {
  readonly #ledgers = new Map<RegistrationId, RegistrationLedger>();
  readonly #parked: ParkedCount = { total: 0 };

  /** How many registrations it knows. */
  get size(): number {
    return this.#ledgers.size;
  }

  /** Books a record of `receipts`; answers false when it is none that can be read. */
  receipt({ offset, value }: Pick<StreamRecord, 'offset' | 'value'>): boolean {
    const receipt = value === null ? undefined : decodeReceipt(value.toString());
    if (receipt === undefined) return false;
    // A person sent rows again: that says nothing of how far ordinary delivery is.
    if (receipt.replay !== undefined) return true;
    this.#ledger(receipt.registration).receive({ position: offset, receipt });
    return true;
  }

  /** Books a record of `rejected` when it says whose event it was. */
  rejected({ headers, timestamp }: Pick<StreamRecord, 'headers' | 'timestamp'>): void {
    const text = (name: string) => headers[name]?.toString() ?? '';
    const account = text(rejectedHeaders.account);
    const eventClass = eventClassOfTopic(text(rejectedHeaders.sourceTopic));
    const fault = text(rejectedHeaders.fault);
    if (account === '' || eventClass === undefined || !Object.hasOwn(faults, fault)) return;
    const position = Number(text(rejectedHeaders.sourceOffset)) * 1_024 + Number(text(rejectedHeaders.sourcePartition));
    this.#ledger(registrationId(account, eventClass)).reject(position, { fault: fault as FaultCode, at: timestamp });
  }

  /** The figures of a registration at `now`, ms since the epoch; undefined when nothing was ever said of it. */
  figures(registration: RegistrationId, now: number): RegistrationFigures | undefined {
    return this.#ledgers.get(registration)?.figures(now);
  }

  /** What the parked objects of a registration hold back. */
  heldBack(registration: RegistrationId, now: number): HeldBack | undefined {
    return this.#ledgers.get(registration)?.heldBack(now);
  }

  /** Every registration of the class that has parked objects at `now`, with what they hold back. */
  *heldBackOf(eventClass: EventClass, now: number): Generator<readonly [RegistrationId, HeldBack]> {
    for (const [registration, ledger] of this.#ledgers) {
      if (partsOfRegistration(registration).eventClass !== eventClass) continue;
      const held = ledger.heldBack(now);
      if (held !== undefined) yield [registration, held];
    }
  }

  /** Its last receipts, newest first; those before the position `before`. */
  recent(registration: RegistrationId, limit: number, before: number): ReceiptAt[] {
    const { eventClass } = partsOfRegistration(registration);
    const of: Pick<Receipt, 'registration' | 'eventClass' | 'handoffTopic'> = {
      registration,
      eventClass,
      handoffTopic: handoffTopic(eventClass),
    };
    return this.#ledgers.get(registration)?.recent(of, limit, before) ?? [];
  }

  #ledger(registration: RegistrationId): RegistrationLedger {
    const found = this.#ledgers.get(registration) ?? new RegistrationLedger(this.#parked);
    this.#ledgers.set(registration, found);
    return found;
  }
}
