import { auditMessage } from '@tributary/registration/audit.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { requeueTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import { requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { registrationId } from '@tributary/schemas/registration.ts';
import { type AtomicPublisher, type OutgoingRecord, RecordsTooLarge } from '@tributary/stream';
import { recordBytes } from '@tributary/stream/publish-plan.ts';
import { operationRecord } from '../operations.ts';
import type { RejectedEntry } from './entries.ts';
import { digestOf, type Mark, type Marks, requeuedBefore } from './marks.ts';
import type { RequeueParts } from './requeue.ts';

/** How much goes into one transaction, keys, headers and marks included: below what a topic takes in one batch. */
const together = { events: 500, bytes: 700_000 } as const;
/** A longer list of events is cut in the audit log; the marks have all of them. */
const auditedMax = 100;

/** Whether an event was requeued, or was since `again` (ms since the epoch) where it is to be requeued once more. */
export const isDone = (mark: Mark | undefined, again: number | undefined): boolean =>
  mark !== undefined && mark.at >= (again ?? 0);

/**
 * Produces events to their agent topics, each in one transaction with its mark. What Kafka takes in no transaction for its
 * size goes alone, and what can't go alone is left out and named: the others don't wait for it.
 *
 * A size that was refused ends the producer, so another one fences it; as somebody else may have come between, the marks are
 * read again behind each fence.
 */
export class Sender {
  /** Events that are too large even alone. */
  readonly tooLarge: string[] = [];
  readonly #parts: RequeueParts;
  readonly #again: number | undefined;
  #publisher: AtomicPublisher | undefined;
  #marks: Marks = new Map();
  #waiting: RejectedEntry[] = [];
  #bytes = 0;

  constructor(parts: RequeueParts, again: number | undefined) {
    this.#parts = parts;
    this.#again = again;
  }

  /** Fences everybody who requeues, and answers the marks that stand from here on until somebody fences this one. */
  async fence(): Promise<Marks> {
    await this.#publisher?.close();
    this.#publisher = this.#parts.stream.atomicPublisher({
      transactionalId: requeueTransactionalId,
      compression: 'zstd',
    });
    await this.#publisher.fence();
    this.#marks = await requeuedBefore(this.#parts);
    return this.#marks;
  }

  async add(entry: RejectedEntry): Promise<void> {
    const bytes = twoOf(entry, this.#parts).reduce((sum, record) => sum + recordBytes(record), 0);
    if (this.#waiting.length >= together.events || this.#bytes + bytes > together.bytes) await this.flush();
    this.#waiting.push(entry);
    this.#bytes += bytes;
  }

  async flush(): Promise<void> {
    const entries = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    await this.#send(entries);
  }

  async close(): Promise<void> {
    await this.#publisher?.close();
  }

  async #send(meant: readonly RejectedEntry[]): Promise<void> {
    const entries = meant.filter(({ event }) => !isDone(this.#marks.get(event), this.#again));
    if (entries.length === 0) return;
    try {
      const events = entries.flatMap((entry) => twoOf(entry, this.#parts));
      await this.#publisher!.publish([...events, ...audits(entries, this.#parts)]);
    } catch (error) {
      if (!(error instanceof RecordsTooLarge)) throw error;
      await this.fence();
      if (entries.length === 1) this.tooLarge.push(entries[0]!.event);
      else for (const entry of entries) await this.#send([entry]);
    }
  }
}

/** The event on its second way, and the mark. Without its former headers, which aren't kept and nobody reads. */
function twoOf(
  { event, eventClass, partition, key, value }: RejectedEntry,
  { now, operator }: RequeueParts,
): OutgoingRecord[] {
  return [
    {
      ...{ topic: agentTopic(eventClass), partition, value },
      key: key ?? null,
      headers: { [requeuedHeader]: event },
    },
    operationRecord({ kind: 'requeued', event, digest: digestOf(value!), at: now(), operator }),
  ];
}

/** One record of the audit log for each account and class; of whom nobody knows, `unknown`. */
function audits(entries: readonly RejectedEntry[], { now, operator, requestId }: RequeueParts): OutgoingRecord[] {
  const groups = Map.groupBy(entries, ({ account, eventClass }) => `${account ?? ''}/${eventClass}`);
  return [...groups.values()].map((own) => {
    const [{ account, eventClass }] = own as [RejectedEntry];
    return auditMessage({
      at: new Date(now()).toISOString(),
      account: account ?? 'unknown',
      actor: { kind: 'operator', name: operator },
      action: 'rejected.requeue',
      subject: subjectOf(account, eventClass),
      after: { events: own.slice(0, auditedMax).map(({ event }) => event), count: own.length },
      requestId,
    });
  });
}

function subjectOf(account: string | undefined, eventClass: EventClass) {
  return account === undefined ? (`rejected/${eventClass}` as const) : registrationId(account, eventClass);
}
