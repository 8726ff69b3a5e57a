import type { ActivityColumns } from '@tributary/ocsf/columnar/activity-columns.ts';
import { type AvroRead, avroColumnReader } from '@tributary/ocsf/columnar/avro-columns.ts';
import { objectColumns } from '@tributary/ocsf/columnar/object-columns.ts';
import { OcsfRows, type Refusal, type RowOrigin } from '@tributary/ocsf/columnar/ocsf-rows.ts';
import { TextHeap } from '@tributary/ocsf/columnar/text-heap.ts';
import { encodeBatch } from '@tributary/ocsf/handoff.ts';
import { normalise } from '@tributary/ocsf/normalise.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { StepOutcome } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';

/** Readers are kept for so many schema ids; the one that was used least lately goes first. */
const readersMax = 64;

type Reader = ReturnType<typeof avroColumnReader>;

/** Which activities become which rows: activity `picks[i]` row `places[i]`, at the clock `now[i]` (ms). */
export interface Picked {
  readonly picks: Int32Array;
  readonly places: Int32Array;
  readonly now: Float64Array;
}

/**
 * What one batch in flight needs to become OCSF: memory for its texts and columns, and readers of the schemas that wrote
 * it. It is used for batch after batch of a class, one at a time. All that it hands out is valid until `begin`.
 */
export class Workspace {
  readonly eventClass: EventClass;
  readonly #seed: number;
  readonly #heap = new TextHeap();
  readonly #readers = new Map<number, Reader>();
  readonly #rows = new Map<OcsfVersion, OcsfRows>();
  readonly #begun = new Set<OcsfVersion>();
  #records = 0;

  /** `seed` is any 32-bit number that outsiders don't know: with it nobody can choose texts that are slow to look up. */
  constructor(eventClass: EventClass, seed: number) {
    this.eventClass = eventClass;
    this.#seed = seed;
  }

  /** Forgets the batch before; the next one has so many records. Rows are numbered as the records are. */
  begin(records: number): void {
    this.#heap.clear();
    this.#begun.clear();
    this.#records = records;
  }

  /** Reads the values `which` of one schema, each behind `skip` bytes; undefined where only its own decoder can. */
  readAvro(
    schemaId: number,
    schema: unknown,
    values: readonly (Buffer | null)[],
    which: Int32Array,
    skip: number,
  ): AvroRead | undefined {
    const reader = this.#readerOf(schemaId, schema);
    try {
      return reader?.read(values, which, skip, this.#heap);
    } catch (error) {
      // Nobody knows what it was in the middle of.
      this.#readers.delete(schemaId);
      throw error;
    }
  }

  /** Decoded objects as columns, a row for each. */
  readObjects(objects: readonly Readonly<Record<string, unknown>>[]): ActivityColumns {
    return objectColumns(objects, this.#heap);
  }

  /** Makes rows of activities; answers those that there can't be. */
  add(version: OcsfVersion, columns: ActivityColumns, { picks, places, now }: Picked): Refusal[] {
    return this.#rowsOf(version).add(columns, picks, places, now);
  }

  /** Makes the row of one activity by the row interpreter, at the clock `now` (ms). */
  addActivity(version: OcsfVersion, place: number, activity: Activity, now: number): StepOutcome<undefined> {
    const answer = normalise(this.eventClass, version, activity, { now });
    if (answer.outcome !== 'ok') return answer;
    this.#rowsOf(version).addRow(place, answer.value.values);
    return { outcome: 'ok', value: undefined };
  }

  setOrigin(version: OcsfVersion, place: number, origin: RowOrigin): void {
    this.#rowsOf(version).setOrigin(place, origin);
  }

  /** The hand-off message of these rows, in this order. */
  encode(version: OcsfVersion, places: Int32Array): Buffer {
    return encodeBatch(this.#rowsOf(version).handoffBatch(places));
  }

  #rowsOf(version: OcsfVersion): OcsfRows {
    let rows = this.#rows.get(version);
    if (rows === undefined) {
      rows = new OcsfRows(this.eventClass, version);
      this.#rows.set(version, rows);
    }
    if (!this.#begun.has(version)) {
      rows.begin(this.#heap, this.#records);
      this.#begun.add(version);
    }
    return rows;
  }

  #readerOf(schemaId: number, schema: unknown): Reader {
    const isKnown = this.#readers.has(schemaId);
    const reader = isKnown ? this.#readers.get(schemaId) : avroColumnReader(schema, this.#seed);
    this.#readers.delete(schemaId);
    this.#readers.set(schemaId, reader);
    if (this.#readers.size > readersMax) this.#readers.delete(this.#readers.keys().next().value!);
    return reader;
  }
}

/** Idle workspaces that are kept, one for each class: each may hold some 100 MB. */
const idleMax = eventClassNames.length;

/**
 * Gives each batch in flight a workspace of its own, and takes it back. There is always one left of each class that comes
 * again: a new one has to compile its readers and to grow its memory, which takes longer than a batch does.
 */
export class Workspaces {
  readonly #make: (eventClass: EventClass) => Workspace;
  #idle: Workspace[] = [];

  constructor(make: (eventClass: EventClass) => Workspace) {
    this.#make = make;
  }

  take(eventClass: EventClass): Workspace {
    const found = this.#idle.findLast((own) => own.eventClass === eventClass);
    if (found === undefined) return this.#make(eventClass);
    this.#idle = this.#idle.filter((own) => own !== found);
    return found;
  }

  giveBack(workspace: Workspace): void {
    this.#idle.push(workspace);
    if (this.#idle.length <= idleMax) return;
    // More than there are classes: one class has two.
    const spare = this.#idle.findIndex(({ eventClass }, at) =>
      this.#idle.some((own, other) => other > at && own.eventClass === eventClass),
    );
    this.#idle.splice(spare, 1);
  }
}
