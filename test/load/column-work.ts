import { avroColumnReader } from '@tributary/ocsf/columnar/avro-columns.ts';
import { OcsfRows, type RowOrigin } from '@tributary/ocsf/columnar/ocsf-rows.ts';
import { TextHeap } from '@tributary/ocsf/columnar/text-heap.ts';
import { encodeBatch } from '@tributary/ocsf/handoff.ts';
import { normalise } from '@tributary/ocsf/normalise.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { activitySchema, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { exactLongs } from '@tributary/stream/avro-long.ts';
import type { RecordBatch } from 'apache-arrow';
import avsc, { type Type } from 'avsc';
import { builderRows, encodeByBuilders, firstDifference } from './arrow-builders.ts';
import { agentEvents } from './events.ts';

/** The two classes that most events belong to; a batch holds one. */
const classes = ['process-activity', 'file-activity'] as const satisfies readonly EventClass[];
/** Events of a batch, as large as the consumer makes them. */
export const batchEvents = 10_000;
/** Rows are made one by one from the first of each batch only: it takes a hundred times as long. */
export const rowEvents = 1_000;

/** The bytes of one batch, and what reads and maps them. */
interface Workload {
  readonly eventClass: EventClass;
  readonly values: readonly Buffer[];
  readonly type: Type;
  readonly reader: NonNullable<ReturnType<typeof avroColumnReader>>;
  readonly rows: OcsfRows;
}

/** Avro bytes to OCSF as Arrow, in one thread: by columns, and as one would write it first. */
export class ColumnWork {
  readonly #loads: readonly Workload[];
  readonly #heap = new TextHeap();
  readonly #all = Int32Array.from({ length: batchEvents }, (_, at) => at);
  readonly #now = new Float64Array(batchEvents).fill(Date.UTC(2030, 0, 1));

  constructor(loads: readonly Workload[]) {
    this.#loads = loads;
  }

  /** Events in each run of `columns` and `avsc`; `rows` works on fewer. */
  get events(): number {
    return this.#loads.length * batchEvents;
  }

  get rowEvents(): number {
    return this.#loads.length * rowEvents;
  }

  /** Ours: the Arrow batch of each class. They are memory of their own. */
  columns(): RecordBatch[] {
    return this.#loads.map(({ values, reader, rows }) => {
      this.#heap.clear();
      const { columns, unread } = reader.read(values, this.#all, 5, this.#heap);
      rows.begin(this.#heap, values.length);
      const refusals = rows.add(columns, this.#all, this.#all, this.#now);
      if (unread.length + refusals.length > 0) throw new Error(`${unread.length} not read, ${refusals.length} refused`);
      for (let place = 0; place < batchEvents; place++) rows.setOrigin(place, origin);
      return rows.handoffBatch(this.#all);
    });
  }

  /** avsc, an object for each event, the row interpreter, the builders of arrow-js. */
  rows(): Uint8Array[] {
    return this.#loads.map(({ eventClass, values, type }) => {
      const rows = values.slice(0, rowEvents).map((value) => {
        const activity = coerceActivity(type.fromBuffer(value.subarray(5)));
        const outcome = normalise(eventClass, '1.1.0', activity, { now: this.#now[0]! });
        if (outcome.outcome !== 'ok') throw new Error(outcome.outcome);
        return { ...origin, row: outcome.value };
      });
      return encodeByBuilders(eventClass, builderRows(eventClass, rows));
    });
  }

  /** avsc alone. */
  avsc(): void {
    for (const { values, type } of this.#loads) for (const value of values) type.fromBuffer(value.subarray(5));
  }

  /** The first rows of both ways, compared; a sentence for each class that differs. */
  check(): string[] {
    const ours = this.columns().map((batch) => encodeBatch(batch.slice(0, rowEvents)));
    return this.rows().flatMap((theirs, at) => {
      const row = firstDifference(ours[at]!, theirs);
      return row === undefined ? [] : [`${this.#loads[at]!.eventClass}: columns and rows differ in row ${row}.`];
    });
  }
}

const origin: RowOrigin = {
  registration: '900000000001/process-activity',
  generation: 1,
  sourcePartition: 0,
  sourceOffset: 0,
  sourceEpoch: 0,
  objectAccount: 'external_900000000001',
};

/** Simulated events: the same bytes in every run. */
export async function columnWork(): Promise<ColumnWork> {
  // Each of the two classes is a quarter of all events.
  const { avro } = await agentEvents(batchEvents * 5);
  return new ColumnWork(
    classes.map((eventClass) => {
      const type = avsc.Type.forSchema(activitySchema(eventClass) as never, { typeHook: exactLongs as never });
      const { records } = avro.find((batch) => batch.eventClass === eventClass)!;
      const values = records.slice(0, batchEvents).map(({ value }) => value!);
      if (values.length < batchEvents) throw new Error(`${values.length} events of ${eventClass}`);
      const reader = avroColumnReader(type.schema({ exportAttrs: true }))!;
      return { eventClass, values, type, reader, rows: new OcsfRows(eventClass, '1.1.0') };
    }),
  );
}
