import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import type { FaultCode, StepOutcome } from '@tributary/schemas/faults.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts, type OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { type ColumnNode, columnTree } from './column-tree.ts';
import { fitOf } from './fit.ts';
import type { Entry, OcsfObject, OcsfValue } from './mapping/table.ts';
import { mappingTables } from './mapping/tables.ts';
import { boundUnmapped, Cuts, unmappedText } from './unmapped.ts';

/** One OCSF event: its columns as a nested object. Absent columns have no key; times are ms since the epoch. */
export interface OcsfRow {
  /** The event's time, ms since the epoch; the same as `values.time`. */
  readonly time: number;
  readonly values: OcsfObject;
}

/** The earliest event time that is believed, 2000-01-01; the latest is a day after now. */
export const eventTimeMin = 946_684_800_000;
const dayMs = 86_400_000;

/** What one row is made of, while it is made. */
interface Making {
  readonly activity: Activity;
  readonly facts: OcsfClassFacts;
  /** Fields that a column carries; the tail of an object that is given up is taken back. */
  readonly carried: AgentFieldName[];
  readonly cuts: Cuts;
}

/**
 * The OCSF row of one activity, made by the mapping table of its class; or why there can be none: no valid owner,
 * another class's event, a time out of range, or an attribute that OCSF requires and nothing can stand in for. Every
 * field that no column carries is in `unmapped` under the agent's name. Pure; never throws, whatever the fields hold.
 */
export function normalise(
  eventClass: EventClass,
  ocsfVersion: OcsfVersion,
  activity: Activity,
  { now }: { readonly now: number },
): StepOutcome<OcsfRow> {
  const refusal = refuse(eventClass, activity, now);
  if (refusal !== undefined) return refusal;
  const making: Making = {
    activity,
    facts: factsOf(eventClass, ocsfVersion),
    carried: [],
    cuts: new Cuts(),
  };
  const values: Record<string, OcsfValue> = {};
  for (const node of columnTree(eventClass, ocsfVersion)) {
    const value = nodeValue(node, making);
    if (value !== undefined) values[node.name] = value;
    else if (node.requirement === 'required') return reject('missing-required-field', `nothing gives ${node.path}`);
  }
  const unmapped = boundUnmapped(leftOver(eventClass, making), making.cuts);
  if (unmapped !== undefined) values.unmapped = unmapped;
  return { outcome: 'ok', value: { time: activity.eventTime!, values } };
}

function reject(fault: FaultCode, reason: string): StepOutcome<never> {
  return { outcome: 'reject', fault, reason };
}

function refuse(eventClass: EventClass, activity: Activity, now: number): StepOutcome<never> | undefined {
  const { accountId, eventId, eventTime } = activity;
  if (accountId === undefined || !/^[0-9]{12}$/.test(accountId)) {
    return reject('invalid-account', 'accountId is missing or not 12 digits');
  }
  const { agentEventId } = eventClasses[eventClass];
  if (eventId !== agentEventId) return reject('wrong-event-class', `eventId is ${eventId}, not ${agentEventId}`);
  if (eventTime === undefined) return reject('invalid-event-time', 'eventTime is missing or not a number');
  if (eventTime < eventTimeMin || eventTime > now + dayMs) {
    return reject('invalid-event-time', `eventTime ${eventTime} is out of range`);
  }
  return undefined;
}

const facts = new Map<string, OcsfClassFacts>();

function factsOf(eventClass: EventClass, version: OcsfVersion): OcsfClassFacts {
  const key = `${eventClass} ${version}`;
  let known = facts.get(key);
  if (known === undefined) {
    known = classFacts(eventClass, version);
    facts.set(key, known);
  }
  return known;
}

function nodeValue(node: ColumnNode, making: Making): OcsfValue | undefined {
  if (node.entries.length === 0) return objectValue(node, making);
  const { activity } = making;
  for (const entry of node.entries) {
    if (entry.when !== undefined && !entry.when.holds(activity)) continue;
    const value = sourceValue(entry, making);
    const fitting = value === undefined ? undefined : fittingValue(node, captioned(node, entry, value), making);
    if (fitting === undefined) continue;
    carry(entry, making);
    return fitting;
  }
  return undefined;
}

/** An object is present when what OCSF requires of it is there, and at least one field of the agent is in it: never a struct of nulls. */
function objectValue(node: ColumnNode, making: Making): OcsfObject | undefined {
  const carriedBefore = making.carried.length;
  const cutsBefore = making.cuts.count;
  const values: Record<string, OcsfValue> = {};
  let whole = true;
  for (const child of node.children!) {
    const value = nodeValue(child, making);
    if (value !== undefined) values[child.name] = value;
    else if (child.requirement === 'required') {
      whole = false;
      break;
    }
  }
  const enough = node.atLeastOne === undefined || node.atLeastOne.some((name) => values[name] !== undefined);
  if (whole && enough && making.carried.length > carriedBefore) return values;
  making.carried.length = carriedBefore;
  making.cuts.forget(cutsBefore);
  return undefined;
}

function sourceValue(entry: Entry, { activity, facts }: Making): OcsfValue | undefined {
  const { source } = entry;
  if (source.from === 'field') return activity[source.field];
  return source.from === 'constant' ? source.value : source.derive(activity, facts);
}

/** An enum's number, or its caption: 99 and the agent's own word for what OCSF has no number for. */
function captioned(node: ColumnNode, entry: Entry, value: OcsfValue): OcsfValue {
  if (entry.caption === undefined) return value;
  const known = typeof value === 'number' ? node.captions?.[value] : undefined;
  if (entry.caption === 'id') return known === undefined ? 99 : value;
  return known ?? value;
}

function fittingValue(node: ColumnNode, value: OcsfValue, making: Making): OcsfValue | undefined {
  if (!node.list) return fittingOne(node, value, making);
  if (!Array.isArray(value)) return undefined;
  const items = (value as readonly OcsfValue[]).map((item) => fittingOne(node, item, making));
  return items.includes(undefined) ? undefined : (items as OcsfValue[]);
}

function fittingOne(node: ColumnNode, value: OcsfValue, making: Making): OcsfValue | undefined {
  if (node.children === undefined) {
    const fitting = fitOf(node.type)(value);
    return typeof fitting === 'string' ? making.cuts.cut(node.path, fitting) : fitting;
  }
  const item: Record<string, OcsfValue> = {};
  for (const child of node.children) {
    const own = (value as OcsfObject)[child.name];
    const fitting = own === undefined ? undefined : fittingOne(child, own, making);
    if (fitting !== undefined) item[child.name] = fitting;
    else if (child.requirement === 'required') return undefined;
  }
  return item;
}

function carry({ source }: Entry, { carried, activity }: Making): void {
  if (source.from === 'field') carried.push(source.field);
  if (source.from !== 'derived') return;
  for (const name of source.reads) if (activity[name] !== undefined) carried.push(name);
}

/** The fields that no column carries, whole or in part, by the agent's names; then what was never a field. */
function leftOver(eventClass: EventClass, { activity, carried }: Making): Map<string, string> {
  const left = new Map<string, string>();
  const mapped = new Set<string>(carried);
  for (const name of agentFieldNames) {
    const value = activity[name];
    if (value !== undefined && !mapped.has(name)) left.set(name, unmappedText(value));
  }
  for (const { kept, derive } of mappingTables[eventClass].kept) {
    const text = left.has(kept) ? undefined : derive(activity);
    if (text !== undefined) left.set(kept, text);
  }
  for (const key of Object.keys(activity.unmapped)) left.set(key, activity.unmapped[key]!);
  return left;
}
