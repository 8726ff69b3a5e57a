import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import type { FaultCode, StepOutcome } from '@tributary/schemas/faults.ts';
import { type Activity, agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import { classFacts, type OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { type ColumnNode, columnTree } from './column-tree.ts';
import type { Kept, OcsfObject, OcsfValue } from './mapping/table.ts';
import { mappingTables } from './mapping/tables.ts';
import { type Maker, type Making, makerOf } from './row-maker.ts';
import { messageMaker, observablesMaker, summaryColumns } from './row-summary.ts';
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
  const { facts, columns, kept, observablesOf, messageOf } = planOf(eventClass, ocsfVersion);
  const making: Making = { activity, facts, carried: [], cuts: new Cuts() };
  const values: Record<string, OcsfValue> = {};
  for (const { node, make } of columns) {
    const value = make(making);
    if (value !== undefined) values[node.name] = value;
    else if (node.requirement === 'required') return reject('missing-required-field', `nothing gives ${node.path}`);
  }
  const observables = observablesOf(values);
  if (observables !== undefined) values.observables = observables;
  values.message = messageOf(values, activity, making.cuts);
  const unmapped = boundUnmapped(leftOver(kept, making), making.cuts);
  if (unmapped !== undefined) values.unmapped = unmapped;
  return { outcome: 'ok', value: { time: activity.eventTime!, values } };
}

function reject(fault: FaultCode, reason: string): StepOutcome<never> {
  return { outcome: 'reject', fault, reason };
}

/** The latest event time that is believed at `now`; both in ms. */
export function latestEventTime(now: number): number {
  return now + dayMs;
}

/** Why an activity can't become a row, whatever its columns say; undefined where nothing speaks against it. */
export function refuse(eventClass: EventClass, activity: Activity, now: number): StepOutcome<never> | undefined {
  const { accountId, eventId, eventTime } = activity;
  if (accountId === undefined || !/^[0-9]{12}$/.test(accountId)) {
    return reject('invalid-account', 'accountId is missing or not 12 digits');
  }
  const { agentEventId } = eventClasses[eventClass];
  if (eventId !== agentEventId) return reject('wrong-event-class', `eventId is ${eventId}, not ${agentEventId}`);
  if (eventTime === undefined) return reject('invalid-event-time', 'eventTime is missing or not a number');
  if (eventTime < eventTimeMin || eventTime > latestEventTime(now)) {
    return reject('invalid-event-time', `eventTime ${eventTime} is out of range`);
  }
  return undefined;
}

/** What rows of one class and version are made by. */
interface Plan {
  readonly facts: OcsfClassFacts;
  readonly columns: readonly { readonly node: ColumnNode; readonly make: Maker }[];
  readonly kept: readonly Kept[];
  readonly observablesOf: ReturnType<typeof observablesMaker>;
  readonly messageOf: ReturnType<typeof messageMaker>;
}

const plans: Partial<Record<EventClass, Partial<Record<OcsfVersion, Plan>>>> = {};

function planOf(eventClass: EventClass, version: OcsfVersion): Plan {
  plans[eventClass] ??= {};
  const known = plans[eventClass][version];
  if (known !== undefined) return known;
  const nodes = columnTree(eventClass, version).filter(({ name }) => !isSummary(name));
  const facts = classFacts(eventClass, version);
  const { kept, observables, message } = mappingTables[eventClass];
  const plan = {
    facts,
    columns: nodes.map((node) => ({ node, make: makerOf(node) })),
    kept,
    observablesOf: observablesMaker(observables, facts),
    messageOf: messageMaker(message, facts),
  };
  plans[eventClass][version] = plan;
  return plan;
}

function isSummary(name: string): boolean {
  return (summaryColumns as readonly string[]).includes(name);
}

/** The fields that no column carries, whole or in part, by the agent's names; then what was never a field. */
function leftOver(kept: readonly Kept[], { activity, carried }: Making): Map<string, string> {
  const left = new Map<string, string>();
  const mapped = new Uint8Array(agentFieldNames.length);
  for (const place of carried) mapped[place] = 1;
  for (let place = 0; place < mapped.length; place++) {
    if (mapped[place] === 1) continue;
    const name = agentFieldNames[place]!;
    const value = activity[name];
    if (value !== undefined) left.set(name, unmappedText(value));
  }
  for (const { kept: name, derive } of kept) {
    const text = left.has(name) ? undefined : derive(activity);
    if (text !== undefined) left.set(name, text);
  }
  for (const key of Object.keys(activity.unmapped)) left.set(key, activity.unmapped[key]!);
  return left;
}
