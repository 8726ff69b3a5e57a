import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { TextHeap } from './text-heap.ts';

/** A value of an agent's field, as an activity holds it. */
export type FieldValue = NonNullable<Activity[AgentFieldName]>;

/**
 * One agent's field in all rows of a batch: a code per row, and what each code stands for (an *entry*). Two codes may
 * stand for the same value: nobody has to look for it where values hardly ever repeat. Every entry fits its field's type
 * (what doesn't is an extra), and none is empty.
 */
export interface FieldColumn {
  /** By row: its entry, or −1 where the activity doesn't have the field. At least as long as there are rows. */
  readonly codes: Int32Array;
  /** How many entries there are. */
  readonly size: number;
  /** Of a field of type string or long-id, by entry: its text. At least as long as there are entries. */
  readonly texts: Int32Array | undefined;
  /** Of a field of type int, time or size, by entry: its number. */
  readonly numbers: Float64Array | undefined;
  /** The value of an entry as an activity holds it; made when it is first asked for, and frozen. */
  readonly value: (entry: number) => FieldValue;
}

/** What is kept of activities beside our fields: the same as `Activity.unmapped`. */
export interface ExtraColumn {
  /** The agent's name. */
  readonly name: string;
  /** By row: the number of its text in the heap, or −1. */
  readonly texts: Int32Array;
}

/**
 * The activities of one batch that were written alike (by one Avro schema, or in JSON), as columns. Row `i` says the same as
 * `coerceActivity` of the `i`-th decoded value. Valid until the next batch is decoded.
 */
export interface ActivityColumns {
  readonly rows: number;
  /** The fields that occur. */
  readonly fields: ReadonlyMap<AgentFieldName, FieldColumn>;
  /** In the order in which `coerceActivity` keeps them. */
  readonly extras: readonly ExtraColumn[];
  readonly heap: TextHeap;
}
