/** Random activities as Avro: what of a parsed JSON object fits into the Avro schema of its class. */
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { activitySchema, fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';

/**
 * The record that the class's Avro schema takes, with longs as bigint; what doesn't fit into its field's Avro type, and
 * what is no field, is left out. Undefined where a field that the schema requires doesn't fit: then there is no such Avro.
 */
export function avroForm(eventClass: EventClass, raw: Readonly<Record<string, unknown>>): object | undefined {
  const form: Record<string, unknown> = {};
  for (const name of fieldsOf(eventClass)) {
    const value = Object.hasOwn(raw, name) ? fitting[agentFields[name].type](raw[name]) : undefined;
    if (value !== undefined) form[name] = value;
  }
  const complete = activitySchema(eventClass).fields.every(({ name, default: none }) => none === null || name in form);
  return complete ? form : undefined;
}

const text = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : undefined);

/** A whole number, also as text. */
function whole(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function long(value: unknown): bigint | undefined {
  const number = whole(value);
  return number !== undefined && number === BigInt.asIntN(64, number) ? number : undefined;
}

function int(value: unknown): number | undefined {
  const number = whole(value);
  return number !== undefined && number === BigInt.asIntN(32, number) ? Number(number) : undefined;
}

function boolean(value: unknown): boolean | undefined {
  return value === true || value === 1 ? true : value === false || value === 0 ? false : undefined;
}

const listOf = (fit: (value: unknown) => unknown) => (value: unknown) => {
  const items = Array.isArray(value) ? value.map(fit) : [undefined];
  return items.includes(undefined) ? undefined : items;
};

const fitting: Readonly<Record<AgentFieldType, (value: unknown) => unknown>> = {
  string: text,
  int,
  'long-id': long,
  time: long,
  size: long,
  boolean,
  strings: listOf(text),
  booleans: listOf(boolean),
};
