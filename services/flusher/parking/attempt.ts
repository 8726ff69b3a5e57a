import { Patience } from '@tributary/lake';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import {
  decodeParkedNote,
  encodeParkedNote,
  type ParkedFacts,
  type ParkedNote,
  type ParkedOrder,
} from '@tributary/schemas/lake/parked-object.ts';
import { type Destination, partsOfRegistration } from '@tributary/schemas/registration.ts';
import type { OwnedPartition } from '../partition.ts';
import { deliveredAt, keyAt, parkedSubject } from '../receipts.ts';
import { inParkedPutSpan, inRedeliverySpan } from '../trace.ts';
import type { Waiting } from './backlog.ts';
import { isDue, pausesOf } from './pauses.ts';
import type { AttemptAnswer } from './redelivery.ts';
import { verdictOf } from './verdict.ts';

const tokenBytes = 8;

/** What an end without delivery is called, by its fault. */
const ends = { 'registration-ended': 'ended', 'parked-expired': 'expired', 'parked-dropped': 'dropped' } as const;

/**
 * One try to bring one parked object to its end: delivered, dropped, given up, or it waits on.
 *
 * INVARIANT 1 (nothing is lost): the object is deleted last, after the receipt of its end is durable. A crash before that
 * does the same again: the put is answered with 412.
 * INVARIANT 2 (nothing is delivered twice): a try is written down in the note before it is made, as one whose outcome isn't
 * known; only who wrote it down may say how it ended. So no object goes to a second location while it may lie in a first.
 */
export class Attempt {
  readonly #owned: Omit<OwnedPartition, 'redelivery'>;
  readonly #waiting: Waiting;
  readonly #nextTryAfter: (tries: number) => number;
  /** What it obeys: an order that comes meanwhile stays for the next. */
  #order: ParkedOrder | undefined;

  /** `nextTryAfter`: when to try again after so many tries, ms since the epoch. */
  constructor(owned: Omit<OwnedPartition, 'redelivery'>, waiting: Waiting, nextTryAfter: (tries: number) => number) {
    this.#owned = owned;
    this.#waiting = waiting;
    this.#nextTryAfter = nextTryAfter;
  }

  /** Makes it. Rejects when a neighbour of ours is away: nothing has changed then that a later try couldn't go on from. */
  async make(): Promise<AttemptAnswer> {
    const { parts } = this.#owned;
    const { key, vouched } = this.#waiting;
    const facts = this.#waiting.facts ?? (await parts.parking.facts(key));
    this.#waiting.facts = facts;
    if (facts === undefined) return { outcome: 'gone' };
    if (!this.#isCommitted(facts)) return this.#later();
    const order = this.#waiting.ordered ? await parts.parking.readOrder(key) : undefined;
    this.#order = order;
    const { note, version } = await this.#readNote();
    const now = parts.now();
    const pauses = pausesOf(parts.limits.windowMs);
    if (note !== undefined && order === undefined && !isDue(note.nextTry, now, pauses))
      return { outcome: 'waits', until: note.nextTry, fault: note.fault ?? facts.fault };
    await parts.registrations.refresh();
    const record = parts.registrations.byId(facts.registration);
    const before = note ?? { tries: 0, nextTry: 0, fault: facts.fault, certain: vouched && version === undefined };
    const verdict = verdictOf({ facts, note, order, record, certain: before.certain, now });
    if (verdict.what === 'wait') return this.#later();
    if (verdict.what === 'drop') return this.#end(facts, before, verdict.fault);
    if (verdict.what === 'deliver')
      return inRedeliverySpan(facts, before.tries, () => this.#deliver(facts, { note: before, version }, verdict));
    await parts.parking.keepExpired(key);
    return this.#end(facts, before, 'parked-expired');
  }

  async #readNote(): Promise<{ readonly note: ParkedNote | undefined; readonly version: string | undefined }> {
    const found = await this.#owned.parts.parking.readNote(this.#waiting.key);
    // What can't be read vouches for nothing.
    return { note: found && decodeParkedNote(found.text), version: found?.version };
  }

  /** A parked object of a window that isn't committed may yet be parked or delivered again. */
  #isCommitted({ incarnation, offsets }: ParkedFacts): boolean {
    const { committed, incarnation: present } = this.#owned;
    return committed !== undefined && (incarnation !== present || offsets[1] < committed);
  }

  async #deliver(
    facts: ParkedFacts,
    before: { readonly note: ParkedNote; readonly version: string | undefined },
    { destination: to, moved }: { readonly destination: Destination; readonly moved: boolean },
  ): Promise<AttemptAnswer> {
    const { parts, released } = this.#owned;
    const { key } = this.#waiting;
    const object = await parts.parking.read(key);
    if (object === undefined) return { outcome: 'gone' };
    const { trying: _, ...rest } = before.note;
    const note: ParkedNote = { ...rest, ...(moved ? { movedTo: to } : {}), certain: false };
    const version = await this.#write({ ...note, trying: parts.randomHex(tokenBytes) }, before.version);
    if (version === undefined) return this.#later();
    if (this.#order !== undefined) {
      await parts.parking.clearOrder(key);
      this.#waiting.ordered = false;
    }
    const objectKey = keyAt(to, parts.region, facts);
    const answer = await inParkedPutSpan(facts, object.body.byteLength, () =>
      parts.store.put({
        destination: to,
        externalId: partsOfRegistration(facts.registration).account,
        key: objectKey,
        body: object.body,
        sha256: object.facts.sha256,
        signal: released,
        patience: new Patience(parts.elapsed),
        onFault: (fault) => this.#count('tributary_flusher_redelivery_faults_total', { fault }),
      }),
    );
    const where = { bucketName: to.bucketName, objectKey };
    if (answer.outcome === 'refused') {
      const certain = before.note.certain && answer.certain;
      return this.#refused(facts, { ...note, certain }, version, where, answer.fault.code);
    }
    const created = answer.outcome === 'created';
    // The digest of the bytes that lie there: ours may be those of a redo by another release.
    const { sha256 } = object.facts;
    const bytes = object.body.byteLength;
    await this.#publish(facts, { outcome: 'delivered', bytes, ...deliveredAt(to, objectKey, created, sha256) });
    await parts.parking.remove(key);
    this.#count('tributary_flusher_parked_ends_total', { outcome: 'redelivered' });
    this.#owned.log.info({ ...named(facts), outcome: answer.outcome }, 'redelivered an object');
    return { outcome: 'delivered' };
  }

  async #refused(
    facts: ParkedFacts,
    note: ParkedNote,
    version: string,
    where: Pick<Receipt, 'bucketName' | 'objectKey'>,
    fault: FaultCode,
  ): Promise<AttemptAnswer> {
    const tries = note.tries + 1;
    const until = this.#nextTryAfter(tries);
    // Where somebody else tries it by now, the note is theirs.
    await this.#write({ ...note, tries, nextTry: until, fault }, version);
    await this.#publish(facts, { outcome: 'parked', ...where, fault, nextTry: until });
    this.#owned.log.warn({ ...named(facts), fault, tries, nextTry: until }, 'a parked object is refused again');
    return { outcome: 'waits', until, fault };
  }

  /** Writes the note over its `version`, and answers the new one; undefined when somebody else has changed it. */
  async #write(note: ParkedNote, version: string | undefined): Promise<string | undefined> {
    const { parking } = this.#owned.parts;
    const text = encodeParkedNote(note);
    const written = await parking.writeNote(this.#waiting.key, text, version);
    if (written !== 'conflict') return written;
    // It may be our own, when the answer to it was lost.
    const found = await parking.readNote(this.#waiting.key);
    return found?.text === text ? found.version : undefined;
  }

  async #end(facts: ParkedFacts, note: ParkedNote, fault: keyof typeof ends): Promise<AttemptAnswer> {
    const { parts } = this.#owned;
    const to = note.movedTo ?? facts.destination;
    const where = { bucketName: to.bucketName, objectKey: keyAt(to, parts.region, facts) };
    await this.#publish(facts, { outcome: 'dropped', ...where, fault });
    await parts.parking.remove(this.#waiting.key);
    this.#count('tributary_flusher_parked_ends_total', { outcome: ends[fault] });
    this.#owned.log.warn({ ...named(facts), fault }, 'gave a parked object up');
    return { outcome: 'gone' };
  }

  #publish(facts: ParkedFacts, receipt: Pick<Receipt, 'outcome'> & Partial<Receipt>): Promise<void> {
    const { parts } = this.#owned;
    return parts.publishReceipts([{ ...parkedSubject(facts, this.#waiting.bytes, parts.now()), ...receipt }]);
  }

  #later(): AttemptAnswer {
    return { outcome: 'waits', until: this.#nextTryAfter(0) };
  }

  #count(
    name: 'tributary_flusher_redelivery_faults_total' | 'tributary_flusher_parked_ends_total',
    labels: object,
  ): void {
    this.#owned.parts.metrics.count(name, { event_class: this.#owned.eventClass, ...labels });
  }
}

/** What the log lines of a parked object name it by: the window that parked it, as when it was parked. */
const named = ({ window, registration, name }: ParkedFacts) => ({ window, registration, object: name });
