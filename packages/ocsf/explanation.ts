import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { faultContract, type StepOutcome } from '@tributary/schemas/faults.ts';
import { coerceActivity, fieldsOf, originalKey } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { carriedBy, type Mapping } from './coverage.ts';
import type { OcsfObject } from './mapping/table.ts';
import { normalise, type OcsfRow } from './normalise.ts';
import { objectWithout, type RowOrigin, readBy, type TracedColumn, traceRow } from './trace.ts';
import { truncatedKey } from './unmapped.ts';

/** Where one of the event's own names went: the columns that carry it, those that only look at it, and why the rest is in `unmapped`. */
export interface FieldStory {
  readonly name: string;
  readonly columns: readonly string[];
  readonly lookedAtBy: readonly string[];
  readonly unmapped: string | undefined;
}

/** What becomes of one event, for a person: the row and where each field went, or why it is rejected and what to do. */
export type Explanation =
  | { readonly outcome: 'ok'; readonly row: OcsfRow; readonly fields: readonly FieldStory[] }
  | { readonly outcome: 'reject'; readonly fault: string; readonly reason: string; readonly advice: string };

/** What an event is explained by. `now` is the clock that its time is judged by, ms since the epoch. */
export interface ExplanationOptions {
  readonly eventClass: EventClass;
  readonly version: OcsfVersion;
  readonly mapping: Mapping;
  readonly now: number;
}

/** Explains one event in the form that its decoder gave it. Never throws, whatever the event holds. */
export function explain(raw: Readonly<Record<string, unknown>>, options: ExplanationOptions): Explanation {
  const { eventClass, version, now } = options;
  const activity = coerceActivity(raw);
  const outcome: StepOutcome<OcsfRow> = normalise(eventClass, version, activity, { now });
  if (outcome.outcome === 'reject') {
    return { ...outcome, advice: faultContract(outcome.fault).sentence };
  }
  if (outcome.outcome === 'drop') throw new Error('the mapping drops no event');
  const { values } = outcome.value;
  const origin = { eventClass, version, activity, values };
  const traced = traceRow(origin);
  const kept = (values.unmapped ?? {}) as Readonly<Record<string, string>>;
  const names = [...new Set([...Object.keys(raw).map((name) => name.toWellFormed()), ...Object.keys(kept)])];
  const fields = names.map((name) => storyOf(name, { origin, traced, kept, mapping: options.mapping }));
  return { outcome: 'ok', row: outcome.value, fields };
}

interface Telling {
  readonly origin: RowOrigin;
  readonly traced: readonly TracedColumn[];
  readonly kept: Readonly<Record<string, string>>;
  readonly mapping: Mapping;
}

function storyOf(name: string, telling: Telling): FieldStory {
  const pathsOf = (fieldsIn: (one: TracedColumn['entry']) => readonly string[]) =>
    telling.traced.filter(({ entry }) => fieldsIn(entry).includes(name)).map(({ path }) => path);
  const columns = pathsOf(carriedBy);
  const lookedAtBy = pathsOf(readBy).filter((path) => !columns.includes(path));
  const unmapped = Object.hasOwn(telling.kept, name) ? whyKept(name, telling) : undefined;
  return { name, columns, lookedAtBy, unmapped };
}

function whyKept(name: string, { origin, mapping }: Telling): string {
  const { activity, eventClass } = origin;
  if (name === truncatedKey) return 'what was cut, with its bytes before';
  if (name.startsWith(originalKey(''))) return 'what was sent before it was put right';
  if (!Object.hasOwn(agentFields, name)) return 'not a field that we know';
  const field = name as AgentFieldName;
  if (activity[field] === undefined) return `does not fit its type, ${agentFields[field].type}`;
  if (!fieldsOf(eventClass).includes(field)) return 'not a field of this class';
  const partly = mapping.tables[eventClass].kept.find(({ kept }) => kept === field);
  if (partly?.derive(activity) !== undefined) return partly.rule;
  const reason = mapping.reasonOf(eventClass, field);
  if (reason !== undefined) return reason;
  const object = objectWithout(field, origin);
  if (object === undefined) return 'no column takes this value in this event';
  return `its object ${object} is left out: the event lacks what OCSF requires of it`;
}

/** The row as JSON has it: the columns as they are, `_dt` columns as RFC 3339. */
export function rowAsJson(values: OcsfObject): object {
  return JSON.parse(
    JSON.stringify(values, (key, value) =>
      key.endsWith('_dt') && typeof value === 'number' ? new Date(value).toISOString() : value,
    ),
  );
}
