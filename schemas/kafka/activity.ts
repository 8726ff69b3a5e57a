import type { EventClass } from '../event-classes.ts';
import { type AgentFieldName, type AgentFieldType, agentFields } from './activity-fields.ts';
import { timeInMs } from './time-units.ts';

interface FieldValues {
  string: string;
  int: number;
  'long-id': string;
  time: number;
  size: number;
  boolean: boolean;
  strings: readonly string[];
  booleans: readonly boolean[];
}

type Fields = { readonly [Name in AgentFieldName]?: FieldValues[(typeof agentFields)[Name]['type']] };

/**
 * One activity, in the form that both encodings meet in. A field that the agent left out or sent empty is absent.
 * `unmapped` keeps, as text and by the agent's name, what is not one of our fields or does not fit its field's type.
 */
export interface Activity extends Fields {
  readonly unmapped: Readonly<Record<string, string>>;
}

/** A field type of Avro as JSON, as far as we use it. */
type AvroType = string | { readonly type: 'array'; readonly items: string };

interface AvroField {
  readonly name: string;
  readonly type: AvroType | readonly ['null', AvroType];
  readonly default?: null;
  readonly doc: string;
}

/** An Avro record schema, ready for JSON.stringify. */
export interface ActivitySchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc: string;
  readonly fields: readonly AvroField[];
}

const avroTypes: Record<AgentFieldType, AvroType> = {
  string: 'string',
  int: 'int',
  'long-id': 'long',
  time: 'long',
  size: 'long',
  boolean: 'boolean',
  strings: { type: 'array', items: 'string' },
  booleans: { type: 'array', items: 'boolean' },
};

/** Without these an Avro record cannot be written. Never add one: the schema would no longer read what was written before. */
const avroRequired: readonly AgentFieldName[] = ['accountId', 'uuid', 'eventId', 'eventSubId', 'eventTime'];

/** The fields that occur in activities of `eventClass`, in the table's order. */
export function fieldsOf(eventClass: EventClass): AgentFieldName[] {
  return agentFieldNames.filter((name) => (agentFields[name].classes as readonly EventClass[]).includes(eventClass));
}

/** All field names, in the table's order. */
export const agentFieldNames = Object.keys(agentFields) as AgentFieldName[];

/**
 * The Avro schema in which agents may publish activities of `eventClass`. Every field but five is a union with a null
 * default, so that adding or leaving out a field keeps BACKWARD compatibility.
 */
export function activitySchema(eventClass: EventClass): ActivitySchema {
  return {
    type: 'record',
    name: recordName(eventClass),
    namespace: 'tributary.agent',
    doc: `One activity of class ${eventClass}. Times are ms since the epoch, sizes bytes.`,
    fields: fieldsOf(eventClass).map((name) => {
      const { type, doc } = agentFields[name];
      const avro = avroTypes[type];
      return avroRequired.includes(name)
        ? { name, type: avro, doc }
        : { name, type: ['null', avro], default: null, doc };
    }),
  };
}

function recordName(eventClass: EventClass): string {
  const words = eventClass.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return words.join('');
}

/** A value of one of our fields, as an activity holds it. */
export type FieldValue = FieldValues[AgentFieldType];

/**
 * What a decoded value is to its field: nothing; a value that fits (with the `original` text where it was put right in a
 * way that can't be undone); or a misfit, of which the text is kept. A name that is no field of ours takes nothing.
 */
export type Coerced =
  | { readonly is: 'absent' }
  | { readonly is: 'fitting'; readonly value: FieldValue; readonly original?: string }
  | { readonly is: 'misfit'; readonly text: string };

const absent: Coerced = { is: 'absent' };

/**
 * One decoded value in the form of its field. Numbers may be text or bigint, booleans 1 and 0, a list may be a single
 * value; empty text and null are absent. A time in seconds, microseconds, nanoseconds or Windows' FILETIME becomes ms
 * where no other reading makes sense. Never throws. The rules of each field (range, required) are not checked here.
 */
export function coerceField(name: string, value: unknown): Coerced {
  if (isAbsent(value)) return absent;
  const field = coercions.get(name);
  if (field?.clock !== undefined) {
    const ms = inMs(value, field.clock);
    if (ms === 'ambiguous') return { is: 'misfit', text: textOf(value) };
    if (ms !== undefined) return { is: 'fitting', value: ms, original: textOf(value) };
  }
  const fitting = field?.coerce(value);
  return fitting === undefined ? { is: 'misfit', text: textOf(value) } : { is: 'fitting', value: fitting };
}

/** The key in `unmapped` under which the text of a value is kept that was put right. */
export function originalKey(name: string): string {
  return `tributary.original.${name}`;
}

/**
 * The activity that `raw` (a decoded Avro record or parsed JSON object) says, field by field as `coerceField` has it. Never
 * throws and never loses: what does not fit its field is kept as text in `unmapped`, and so is what was put right.
 */
export function coerceActivity(raw: Readonly<Record<string, unknown>>): Activity {
  const fields: Record<string, unknown> = {};
  // No prototype: an agent's field may be called `__proto__`.
  const unmapped: Record<string, string> = Object.create(null);
  for (const name of Object.keys(raw)) {
    const coerced = coerceField(name, raw[name]);
    if (coerced.is === 'misfit') unmapped[name.toWellFormed()] = coerced.text;
    if (coerced.is !== 'fitting') continue;
    fields[name] = coerced.value;
    if (coerced.original !== undefined) unmapped[originalKey(name)] = coerced.original;
  }
  fields.unmapped = unmapped;
  return fields as Fields & Pick<Activity, 'unmapped'>;
}

/** Lists in lists deeper than this are a value like any other: nobody sends them but to exhaust the stack. */
const emptyDepthMax = 100;

function isAbsent(value: unknown, depth = 0): boolean {
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) && depth < emptyDepthMax && value.every((item) => isAbsent(item, depth + 1));
}

/** `value` as text: itself, or as JSON. Also what cannot be written as JSON (a cycle, a bigint inside) gets a text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'bigint') return String(value);
  try {
    const json = JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner));
    return (json ?? String(value)).toWellFormed();
  } catch {
    return Object.prototype.toString.call(value);
  }
}

type Coercion = (value: unknown) => FieldValue | undefined;

/** The ms of a time that was sent in another unit; undefined where it is in ms, or no whole number. */
function inMs(value: unknown, clock: boolean): number | 'ambiguous' | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return timeInMs(value, clock);
  // Times in ms as they mostly come have nothing to find.
  if (typeof value !== 'string' || /^\d{11,14}$/.test(value) || !number.test(value)) return undefined;
  const text = value.trim();
  return timeInMs(/^\d{16,20}$/.test(text) ? BigInt(text) : Number(text), clock);
}

/** A number as text, as JSON and other languages write it. */
const number = /^\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\s*$/;

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  // Beyond 2^53 it has lost digits already: as text it would look like what was sent.
  return typeof value === 'number' && !isInexact(value) ? String(value) : undefined;
}

function isInexact(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** A whole number that JavaScript holds exactly; a fraction of a time or size is cut off. */
function toWhole(value: unknown): number | undefined {
  if (typeof value === 'string' && !number.test(value)) return undefined;
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') return undefined;
  const whole = Math.trunc(Number(value));
  return Number.isSafeInteger(whole) ? whole + 0 : undefined;
}

function toInt(value: unknown): number | undefined {
  const whole = toWhole(value);
  return whole !== undefined && whole === (whole | 0) && whole === Number(value) ? whole : undefined;
}

function toLongId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'bigint' && !(typeof value === 'string' && /^-?\d{1,20}$/.test(value))) return undefined;
  const id = BigInt(value);
  return id === BigInt.asIntN(64, id) ? String(id) : undefined;
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  // An object may have a `toString` that is no function.
  if (typeof value === 'object') return undefined;
  const text = String(value).toLowerCase();
  if (text === '1' || text === 'true') return true;
  return text === '0' || text === 'false' ? false : undefined;
}

/** Null and empty items are left out; one item that does not fit keeps the whole list aside, so that none is lost. */
function listOf(coerce: Coercion): Coercion {
  return (value) => {
    const items = Array.isArray(value) ? value : [value];
    const fitting = items.filter((item) => !isAbsent(item)).map(coerce);
    return fitting.includes(undefined) ? undefined : (fitting as FieldValue as readonly string[]);
  };
}

const coercionOf: Record<AgentFieldType, Coercion> = {
  string: toText,
  int: toInt,
  'long-id': toLongId,
  time: toWhole,
  size: toWhole,
  boolean: toBoolean,
  strings: listOf(toText),
  booleans: listOf(toBoolean),
};

/** The times of files are set by whoever likes to; all others are read from a clock. */
const fileTime = /File(Creation|ModifiedTime)$/;

const coercions = new Map(
  Object.entries(agentFields).map(([name, { type }]) => {
    const clock = type === 'time' ? !fileTime.test(name) : undefined;
    return [name, { coerce: coercionOf[type], clock }];
  }),
);
