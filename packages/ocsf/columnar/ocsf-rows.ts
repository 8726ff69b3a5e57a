import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { HandoffColumn } from '@tributary/schemas/kafka/handoff.ts';
import type { OcsfVersion, RegistrationId } from '@tributary/schemas/registration.ts';
import type { RecordBatch } from 'apache-arrow';
import { ocsfColumns } from '../columns.ts';
import type { OcsfObject } from '../mapping/table.ts';
import { eventTimeMin, latestEventTime, refuse } from '../normalise.ts';
import type { ActivityColumns } from './activity-columns.ts';
import { begin, type Cells, fill, isPresent, numberCells, textCells } from './cells.ts';
import { ColumnsMaker } from './columns-maker.ts';
import { cellsOfNode } from './plan.ts';
import { recordBatch } from './record-batch.ts';
import { setValue } from './row-cells.ts';
import type { TextHeap } from './text-heap.ts';

/** Why an activity became no row. */
export interface Refusal {
  /** The row that it would have become. */
  readonly place: number;
  readonly fault: FaultCode;
  readonly reason: string;
}

/** Whose a row is and where it came from: the columns that it has on its way to the flusher. */
export interface RowOrigin {
  readonly registration: RegistrationId;
  readonly generation: number;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly sourceEpoch: number;
  readonly objectAccount: string;
}

/**
 * Largest activity, in bytes as it came, that `OcsfRows.add` takes; larger ones go through the row interpreter. Nothing in
 * a smaller one can be so long that a column or `unmapped` would have to cut it, even as JSON in which every byte is an escape of six.
 */
export const columnsBytesMax = 32 * 1024;

/**
 * OCSF rows of one class and version, as columns, while a batch is worked on. Rows are numbered by the caller, who fills
 * them in any order and takes any of them out as Arrow. Made once and used for batch after batch.
 */
export class OcsfRows {
  readonly eventClass: EventClass;
  readonly version: OcsfVersion;
  readonly #maker: ColumnsMaker;
  readonly #origin = {
    registration: textCells(),
    generation: numberCells(),
    sourcePartition: numberCells(),
    sourceOffset: numberCells(),
    sourceEpoch: numberCells(),
    objectAccount: textCells(),
  } as const satisfies Readonly<Record<HandoffColumn, Cells>>;
  readonly #texts = new Map<string, number>();
  #heap: TextHeap | undefined;

  constructor(eventClass: EventClass, version: OcsfVersion) {
    this.eventClass = eventClass;
    this.version = version;
    this.#maker = new ColumnsMaker(eventClass, version);
  }

  /** Forgets everything, and makes room for rows 0 to `rows` − 1 with texts in `heap`. */
  begin(heap: TextHeap, rows: number): void {
    this.#heap = heap;
    this.#texts.clear();
    for (const cells of Object.values(this.#maker.columns)) begin(cells, rows);
    for (const cells of Object.values(this.#origin)) {
      begin(cells, rows);
      fill(cells);
    }
  }

  /**
   * Makes row `places[i]` of activity `picks[i]`, for each `i`, by the same rules as `normalise`; `now[i]` (ms) is the
   * clock for rules about its time. Answers the rows that there can't be; what those hold is undefined.
   */
  add(columns: ActivityColumns, picks: Int32Array, places: Int32Array, now: Float64Array): Refusal[] {
    const refusals = refused(this.eventClass, columns, picks, places, now);
    const without = refusals.length === 0 ? { picks, places } : withoutThose(picks, places, refusals);
    if (without.picks.length === 0) return refusals;
    this.#maker.make(columns, without.picks, without.places);
    return [...refusals, ...this.#incomplete(without.places)];
  }

  /** The rows that lack what OCSF requires of every event, each once, with the first column that it lacks. */
  #incomplete(places: Int32Array): Refusal[] {
    const missing = new Map<number, Refusal>();
    for (const required of this.#maker.required) {
      const { node } = required;
      const cells = cellsOfNode(required);
      for (let i = 0; i < places.length; i++) {
        const place = places[i]!;
        if (isPresent(cells, place) || missing.has(place)) continue;
        missing.set(place, { place, fault: 'missing-required-field', reason: `nothing gives ${node.path}` });
      }
    }
    return [...missing.values()];
  }

  /** Puts in a row that the row interpreter made. */
  addRow(place: number, values: OcsfObject): void {
    for (const [name, cells] of Object.entries(this.#maker.columns)) {
      setValue(cells, place, unmappedAsList(name, values[name]), this.#heap!);
    }
  }

  /** Says whose a row is and where it came from. */
  setOrigin(place: number, origin: RowOrigin): void {
    const own = this.#origin;
    own.registration.ids[place] = this.#textId(origin.registration);
    own.generation.values[place] = origin.generation;
    own.sourcePartition.values[place] = origin.sourcePartition;
    own.sourceOffset.values[place] = origin.sourceOffset;
    own.sourceEpoch.values[place] = origin.sourceEpoch;
    own.objectAccount.ids[place] = this.#textId(origin.objectAccount);
  }

  /** The event time of a row, ms since the epoch. */
  timeOf(place: number): number {
    return (this.#maker.columns.time as { values: Float64Array }).values[place]!;
  }

  /** These rows, in this order, as they are handed off: with their origins in front. All must be there. */
  handoffBatch(rows: Int32Array): RecordBatch {
    const { handoffSchema } = ocsfColumns(this.eventClass, this.version);
    const cellsOf = (name: string) => this.#origin[name as HandoffColumn] ?? this.#maker.columns[name]!;
    return recordBatch(handoffSchema, rows, cellsOf, this.#heap!);
  }

  #textId(text: string): number {
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.#heap!.add(text);
      this.#texts.set(text, id);
    }
    return id;
  }
}

const identity: readonly AgentFieldName[] = ['accountId', 'eventId', 'eventTime'];

/** Those that `normalise` refuses before it looks at any column. */
function refused(
  eventClass: EventClass,
  columns: ActivityColumns,
  picks: Int32Array,
  places: Int32Array,
  now: Float64Array,
): Refusal[] {
  const refusals: Refusal[] = [];
  const isWell = wellFounded(eventClass, columns);
  const time = columns.fields.get('eventTime');
  for (let i = 0; i < picks.length; i++) {
    const pick = picks[i]!;
    if (isWell(pick)) {
      const at = time!.numbers![time!.codes[pick]!]!;
      if (at >= eventTimeMin && at <= latestEventTime(now[i]!)) continue;
    }
    const verdict = refuse(eventClass, identityOf(columns, pick), now[i]!);
    if (verdict?.outcome === 'reject')
      refusals.push({ place: places[i]!, fault: verdict.fault, reason: verdict.reason });
  }
  return refusals;
}

/** Quickly says of most activities that account, event and time are there, and well formed. */
function wellFounded(eventClass: EventClass, columns: ActivityColumns): (pick: number) => boolean {
  const account = columns.fields.get('accountId');
  const event = columns.fields.get('eventId');
  const time = columns.fields.get('eventTime');
  if (account === undefined || event === undefined || time?.numbers === undefined) return () => false;
  const { agentEventId } = eventClasses[eventClass];
  const isAccount = Array.from({ length: account.size }, (_, entry) =>
    /^[0-9]{12}$/.test(String(account.value(entry))),
  );
  return (pick) => {
    const entry = account.codes[pick]!;
    if (entry < 0 || !isAccount[entry]! || time.codes[pick]! < 0) return false;
    return event.codes[pick]! >= 0 && event.numbers![event.codes[pick]!] === agentEventId;
  };
}

function identityOf(columns: ActivityColumns, pick: number): Activity {
  const fields: Record<string, unknown> = { unmapped: {} };
  for (const name of identity) {
    const column = columns.fields.get(name);
    if (column !== undefined && column.codes[pick]! >= 0) fields[name] = column.value(column.codes[pick]!);
  }
  return fields as unknown as Activity;
}

function withoutThose(picks: Int32Array, places: Int32Array, refusals: readonly Refusal[]) {
  const out = new Set(refusals.map(({ place }) => place));
  const stays = (_: number, at: number) => !out.has(places[at]!);
  return { picks: picks.filter(stays), places: places.filter(stays) };
}

function unmappedAsList(name: string, value: OcsfObject[string] | undefined) {
  if (name !== 'unmapped' || value === undefined) return value;
  return Object.entries(value as Record<string, string>).map(([key, text]) => ({ key, value: text }));
}
