import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { readEventPosition, requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import type { Offset, StreamRecord } from '@tributary/stream';
import { digestOf, type Marks, requeuedEvent } from '../rejected/marks.ts';

/** An event that was requeued, or a copy of one. */
interface Known {
  /** The same for an event and all of its copies. */
  readonly event: string;
  readonly digest: string;
}

/**
 * Tells which rows of a replay are an event that it sends already. A rejected event that was requeued lies in its agent topic
 * twice; after a fix both become a row. It is sent once: where it became a row first, or where only a copy does (the first
 * may be gone, arrived before the replay's time, or still can't be mapped). What a record says it was is checked as in a
 * requeue, and against the bytes that lie there. Pure; fed with a class' records in the order of each partition.
 */
export class Copies {
  readonly #eventClass: EventClass;
  readonly #marks: Marks;
  readonly #marked: ReadonlySet<string>;
  readonly #known = new Map<string, Known>();
  readonly #sent = new Set<string>();

  constructor(eventClass: EventClass, marks: Marks) {
    const positions = [...marks.keys()].map(readEventPosition).filter((one) => one?.eventClass === eventClass);
    this.#eventClass = eventClass;
    this.#marks = marks;
    this.#marked = new Set(positions.map((one) => `${one!.partition}/${one!.offset}`));
  }

  /** The offsets of `rows`, which `records` of a partition became, that are to be left out; in order. */
  among(partition: number, records: readonly StreamRecord[], rows: ReadonlySet<Offset>): Offset[] {
    if (this.#marked.size === 0) return [];
    const leftOut: Offset[] = [];
    for (const record of records) {
      const known = this.#knownOf(partition, record);
      if (known === undefined) continue;
      this.#known.set(`${partition}/${record.offset}`, known);
      if (!rows.has(record.offset)) continue;
      if (this.#sent.has(known.event)) leftOut.push(record.offset);
      this.#sent.add(known.event);
    }
    return leftOut;
  }

  /** Undefined for an event that was never requeued: most are. */
  #knownOf(partition: number, { offset, headers, value }: StreamRecord): Known | undefined {
    const place = `${partition}/${offset}`;
    const said = headers[requeuedHeader]?.toString();
    if (value === null || (said === undefined && !this.#marked.has(place))) return undefined;
    const digest = digestOf(value);
    const own = this.#marked.has(place) ? { event: place, digest } : undefined;
    const before = requeuedEvent(said, { eventClass: this.#eventClass, partition, value }, this.#marks);
    if (before === undefined) return own;
    const original = this.#known.get(`${partition}/${readEventPosition(before)!.offset}`);
    if (original?.digest === digest) return original;
    // It isn't read here: only its mark can say that it had these bytes.
    return this.#marks.get(before)!.digest === undefined ? own : { event: before, digest };
  }
}
