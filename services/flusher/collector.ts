import { Fault } from '@tributary/schemas/faults.ts';
import { eventDayOf } from '@tributary/schemas/lake/object-key.ts';
import type { Offset } from '@tributary/stream';
import type { Marks } from './marks.ts';
import type { WindowLimits } from './window.ts';

/** Typed access to the hand-off columns, and the time, of one section's rows. */
export interface HandoffRows {
  readonly length: number;
  registration(row: number): string;
  generation(row: number): number;
  sourcePartition(row: number): number;
  sourceOffset(row: number): Offset;
  sourceEpoch(row: number): number;
  objectAccount(row: number): string;
  /** Event time, ms since the epoch. */
  time(row: number): number;
}

/** The rows of one schema in a hand-off message. */
export interface ArrivedSection {
  /** The Arrow IPC stream, in shared memory so that the encoding threads read it without a copy. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly rows: HandoffRows;
  readonly schemaFingerprint: string;
  readonly ocsfVersion: string;
}

/** What is to be collected: a message as it came from the log, with its decoded rows. */
export interface ArrivedMessage {
  readonly offset: Offset;
  readonly sections: readonly ArrivedSection[];
  /** The context in which it was handed off, where that is traced. */
  readonly traceparent?: string | undefined;
}

/** One section of a hand-off message with the rows of it that were not seen before. */
export interface CollectedSection extends ArrivedSection {
  /** Of its message. */
  readonly offset: Offset;
  readonly traceparent?: string | undefined;
  /** Indices of the rows above their marks, in order. */
  readonly kept: Uint32Array;
  /** The highest source offset of each (epoch, source partition) in it. */
  readonly highs: readonly (readonly [epoch: number, partition: number, offset: Offset])[];
}

/**
 * The messages of one hand-off partition from the committed offset on, without holes, with the marks that say which of
 * their rows are new. Pure: it neither fetches nor commits.
 */
export class Collector {
  #sections: CollectedSection[] = [];
  #from: Offset;
  #next: Offset;
  #marksAtFrom: Marks;
  #marks: Marks;
  #bytes = 0;
  #objects = new ObjectCount();

  constructor(from: Offset, marks: Marks) {
    this.#from = from;
    this.#next = from;
    this.#marksAtFrom = marks;
    this.#marks = marks;
  }

  /** The committed offset. */
  get from(): Offset {
    return this.#from;
  }

  /** The offset of the next message to collect. */
  get next(): Offset {
    return this.#next;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get objectsOfOneRegistration(): number {
    return this.#objects.largest;
  }

  /** The marks at the committed offset. */
  get marks(): Marks {
    return this.#marksAtFrom;
  }

  /**
   * Collects a message. One that was collected before is ignored; one that leaves a hole throws Fault('handoff-gap').
   * Answers how many rows there are in it, and how many of them were seen before.
   *
   * INVARIANT 1 (nothing is lost): a message's sections share its source offsets, so the marks rise behind the whole
   * message. Raised behind its first section, they would drop the earlier rows of the second.
   */
  add(message: ArrivedMessage): { readonly rows: number; readonly seen: number } {
    if (message.offset < this.#next) return { rows: 0, seen: 0 };
    if (message.offset > this.#next)
      throw new Fault('handoff-gap', `expected offset ${this.#next}, found ${message.offset}`);
    const { offset, traceparent } = message;
    const sections = message.sections.map((one) => ({
      ...one,
      offset,
      traceparent,
      ...rowsAbove(one.rows, this.#marks),
    }));
    this.#marks = this.#marks.raise(sections.flatMap(({ highs }) => highs));
    let rows = 0;
    let kept = 0;
    for (const section of sections) {
      this.#sections.push(section);
      this.#bytes += section.bytes.byteLength;
      this.#objects.add(section);
      rows += section.rows.length;
      kept += section.kept.length;
    }
    this.#next = offset + 1;
    return { rows, seen: rows - kept };
  }

  /**
   * Where a cut must end: behind the first message with which it reaches a limit, or at the end of what is here. So no
   * cut is larger than the limits and one message, however much was collected while the last one was delivered.
   */
  cutOffset(limits: Pick<WindowLimits, 'cutBytesMax' | 'objectsPerRegistrationMax'>): Offset {
    const objects = new ObjectCount();
    let bytes = 0;
    for (const section of this.#sections) {
      bytes += section.bytes.byteLength;
      objects.add(section);
      if (bytes >= limits.cutBytesMax || objects.largest > limits.objectsPerRegistrationMax) return section.offset + 1;
    }
    return this.#next;
  }

  /** The sections of the messages of [from, cut). A message is never in a cut by half. */
  upTo(cut: Offset): CollectedSection[] {
    return this.#sections.filter(({ offset }) => offset < cut);
  }

  /** The marks at `cut`: those at `from`, raised by every message before it. */
  marksAt(cut: Offset): Marks {
    return this.#marksAtFrom.raise(this.upTo(cut).flatMap(({ highs }) => highs));
  }

  /** Forgets the messages of [from, cut), which are durable and committed now. */
  advance(cut: Offset): void {
    this.#marksAtFrom = this.marksAt(cut);
    for (const { bytes } of this.upTo(cut)) this.#bytes -= bytes.byteLength;
    this.#sections = this.#sections.filter(({ offset }) => offset >= cut);
    this.#from = cut;
    this.#objects = new ObjectCount();
    for (const section of this.#sections) this.#objects.add(section);
  }
}

/** How many objects each registration's rows would make, of which the largest number matters. */
class ObjectCount {
  readonly #of = new Map<string, Set<string>>();
  /** Objects of the registration that has the most. */
  largest = 0;

  add({ rows, kept, schemaFingerprint }: CollectedSection): void {
    for (const row of kept) {
      const registration = rows.registration(row);
      const objects = this.#of.get(registration) ?? new Set<string>();
      this.#of.set(registration, objects);
      objects.add(
        `${schemaFingerprint}/${rows.generation(row)}/${rows.objectAccount(row)}/${eventDayOf(rows.time(row))}`,
      );
      if (objects.size > this.largest) this.largest = objects.size;
    }
  }
}

/** Which rows lie above the marks, and how far the marks rise with them. */
function rowsAbove(rows: HandoffRows, marks: Marks): Pick<CollectedSection, 'kept' | 'highs'> {
  const kept = new Uint32Array(rows.length);
  const highs = new Map<number, Map<number, Offset>>();
  let count = 0;
  for (let row = 0; row < rows.length; row++) {
    const epoch = rows.sourceEpoch(row);
    const partition = rows.sourcePartition(row);
    const offset = rows.sourceOffset(row);
    const ofEpoch = highs.get(epoch) ?? new Map<number, Offset>();
    if (ofEpoch.size === 0) highs.set(epoch, ofEpoch);
    const high = ofEpoch.get(partition) ?? marks.at(epoch, partition);
    if (offset <= high) continue;
    kept[count++] = row;
    ofEpoch.set(partition, offset);
  }
  const raised = [...highs].flatMap(([epoch, partitions]) =>
    [...partitions].map(([partition, offset]) => [epoch, partition, offset] as const),
  );
  return { kept: kept.slice(0, count), highs: raised };
}
