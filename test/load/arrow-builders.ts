import { type HandoffRow, ocsfColumns } from '@tributary/ocsf';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { handoffColumns } from '@tributary/schemas/kafka/handoff.ts';
import {
  DataType,
  Field,
  makeBuilder,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  tableFromIPC,
} from 'apache-arrow';

/** Rows as the builders of arrow-js take them: nested objects, with bigint for 64 bits. */
export type BuilderRow = Readonly<Record<string, unknown>>;

/** The columns of the hand-off with plain texts: builders can't share a dictionary. */
function builderSchema(eventClass: EventClass): Schema {
  const { schema, handoffSchema } = ocsfColumns(eventClass, '1.1.0');
  const origin = handoffSchema.fields.slice(0, handoffColumns.length).map(({ name, type, nullable }) => {
    return new Field(name, DataType.isDictionary(type) ? type.dictionary : type, nullable);
  });
  return new Schema([...origin, ...schema.fields]);
}

/** Brings rows to the builders' form, which is not measured. */
export function builderRows(eventClass: EventClass, rows: readonly HandoffRow[]): BuilderRow[] {
  const type = new Struct(builderSchema(eventClass).fields);
  return rows.map(({ row, ...handoff }) => builderValue(type, { ...handoff, ...row.values }) as BuilderRow);
}

function builderValue(type: DataType, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (DataType.isInt(type) && type.bitWidth === 64) return BigInt(value as number);
  if (DataType.isList(type)) return (value as unknown[]).map((item) => builderValue(type.children[0]!.type, item));
  if (!DataType.isStruct(type)) return value;
  const object = value as Record<string, unknown>;
  return Object.fromEntries(type.children.map((field) => [field.name, builderValue(field.type, object[field.name])]));
}

/** A hand-off message as arrow-js alone makes it: its builder is given row after row. */
export function encodeByBuilders(eventClass: EventClass, rows: readonly BuilderRow[]): Uint8Array {
  const schema = builderSchema(eventClass);
  const builder = makeBuilder({ type: new Struct(schema.fields), nullValues: [null, undefined] });
  for (const row of rows) builder.append(row as never);
  const batch = new RecordBatch(schema, builder.finish().flush());
  return RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true);
}

/** The first row in which two messages differ, or undefined. */
export function firstDifference(one: Uint8Array, other: Uint8Array): number | undefined {
  const [first, second] = [rowsOf(one), rowsOf(other)];
  const longer = first.length > second.length ? first : second;
  const at = longer.findIndex((_, row) => first[row] !== second[row]);
  return at === -1 ? undefined : at;
}

function rowsOf(message: Uint8Array): string[] {
  const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return tableFromIPC(message)
    .toArray()
    .map((row: unknown) => JSON.stringify(row, asText));
}
