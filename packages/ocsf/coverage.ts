import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { agentFieldNames, fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts } from '@tributary/schemas/ocsf/facts.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import type { Entry, MappingTable } from './mapping/table.ts';

/** The tables, and why a field of a class stays in `unmapped`: what coverage is judged by. */
export interface Mapping {
  readonly tables: Readonly<Record<EventClass, MappingTable>>;
  readonly reasonOf: (eventClass: EventClass, field: AgentFieldName) => string | undefined;
}

/**
 * What becomes of one field in one class: `mapped` to the columns that carry it whole, kept in `unmapped` with its
 * reason, `foreign` to the class, or `forgotten`. A field that is mapped and has a reason too is `contradicted`.
 */
export type FieldFate =
  | { readonly fate: 'mapped'; readonly columns: readonly string[] }
  | { readonly fate: 'unmapped'; readonly reason: string }
  | { readonly fate: 'contradicted'; readonly columns: readonly string[]; readonly reason: string }
  | { readonly fate: 'forgotten' }
  | { readonly fate: 'foreign' };

/** One field of the agents with its fate in each class. */
export interface FieldCoverage {
  readonly field: AgentFieldName;
  readonly fates: Readonly<Record<EventClass, FieldFate>>;
}

/** The agent's fields that an entry of a table carries whole. */
export function carriedBy({ source }: Entry): readonly AgentFieldName[] {
  if (source.from === 'field') return [source.field];
  return source.from === 'derived' ? source.carries : [];
}

/** Every field of the agents × every class, in the order of the fields. */
export function fieldCoverage(mapping: Mapping): FieldCoverage[] {
  const fatesOf = new Map(eventClassNames.map((eventClass) => [eventClass, fatesIn(mapping, eventClass)]));
  return agentFieldNames.map((field) => {
    const fates = eventClassNames.map((eventClass) => [eventClass, fatesOf.get(eventClass)!(field)] as const);
    return { field, fates: Object.fromEntries(fates) as Record<EventClass, FieldFate> };
  });
}

function fatesIn({ tables, reasonOf }: Mapping, eventClass: EventClass): (field: AgentFieldName) => FieldFate {
  const own = new Set(fieldsOf(eventClass));
  const columnsOf = new Map<AgentFieldName, Set<string>>();
  for (const entry of tables[eventClass].columns) {
    for (const field of carriedBy(entry)) {
      columnsOf.set(field, (columnsOf.get(field) ?? new Set()).add(entry.path));
    }
  }
  return (field) => {
    if (!own.has(field)) return { fate: 'foreign' };
    const columns = columnsOf.get(field);
    const reason = reasonOf(eventClass, field);
    if (columns === undefined) return reason === undefined ? { fate: 'forgotten' } : { fate: 'unmapped', reason };
    const paths = [...columns];
    return reason === undefined ? { fate: 'mapped', columns: paths } : { fate: 'contradicted', columns: paths, reason };
  };
}

/** What an event sub id becomes under a condition (none: in all other cases). */
export interface SubIdActivity {
  readonly when: string | undefined;
  readonly activityId: number;
  readonly activityName: string;
}

/** One sub id of the agents with its activities in each OCSF version. */
export interface SubIdCoverage {
  readonly eventClass: EventClass;
  readonly subId: number;
  readonly name: string;
  readonly activities: Readonly<Record<OcsfVersion, readonly SubIdActivity[]>>;
}

/** Every sub id of the agents × every OCSF version. A sub id without an activity has an empty list: it was forgotten. */
export function subIdCoverage({ tables }: Pick<Mapping, 'tables'>): SubIdCoverage[] {
  return Object.entries(eventSubIds).map(([text, name]) => {
    const subId = Number(text);
    const eventClass = classOfSubId(subId);
    const inVersion = (version: OcsfVersion) => activitiesOf(tables, eventClass, version, subId);
    return { eventClass, subId, name, activities: { '1.1.0': inVersion('1.1.0'), '1.3.0': inVersion('1.3.0') } };
  });
}

/** The agents number sub ids in hundreds: those of their event id 1 below 100, of 2 from 101 on, and so forth. */
function classOfSubId(subId: number): EventClass {
  const eventId = Math.trunc(subId / 100) + 1;
  return eventClassNames.find((eventClass) => eventClasses[eventClass].agentEventId === eventId)!;
}

function activitiesOf(
  tables: Mapping['tables'],
  eventClass: EventClass,
  version: OcsfVersion,
  subId: number,
): SubIdActivity[] {
  const facts = classFacts(eventClass, version);
  const activity: Activity = { eventSubId: subId, unmapped: {} };
  return tables[eventClass].columns.flatMap(({ path, source, when }) => {
    if (path !== 'activity_id' || source.from !== 'derived') return [];
    const id = source.derive(activity, facts);
    const known = typeof id === 'number' ? facts.activities[id] : undefined;
    if (known === undefined && typeof id !== 'string') return [];
    return [{ when: when?.rule, activityId: known === undefined ? 99 : Number(id), activityName: known ?? String(id) }];
  });
}

/** Sums that must come out even, and the names of what is missing. */
export interface CoverageTotals {
  /** Field × class pairs that occur. */
  readonly pairs: number;
  readonly mapped: number;
  readonly unmapped: number;
  readonly foreign: number;
  readonly subIds: number;
  /** Sub ids × versions that have an activity of OCSF, and that are Other. */
  readonly activities: number;
  readonly others: number;
  /** `<field> in <class>` and `<sub id> in <version>`, each with what is wrong. Empty: nothing was forgotten. */
  readonly wrong: readonly string[];
}

/** Adds a coverage up. `pairs` = `mapped` + `unmapped`, and `subIds` × versions = `activities` + `others`, unless something is in `wrong`. */
export function coverageTotals(fields: readonly FieldCoverage[], subIds: readonly SubIdCoverage[]): CoverageTotals {
  const all = fields.flatMap(({ field, fates }) =>
    eventClassNames.map((eventClass) => ({ name: `${field} in ${eventClass}`, fate: fates[eventClass] })),
  );
  const count = (fate: FieldFate['fate']) => all.filter((one) => one.fate.fate === fate).length;
  const cases = subIds.flatMap(({ subId, name, activities }) =>
    ocsfVersions.map((version) => ({ name: `${subId} ${name} in OCSF ${version}`, found: activities[version] })),
  );
  const others = cases.filter(({ found }) => found.length > 0 && found.every(({ activityId }) => activityId === 99));
  const missing = cases.filter(({ found }) => found.length === 0);
  return {
    pairs: all.length - count('foreign'),
    mapped: count('mapped'),
    unmapped: count('unmapped'),
    foreign: count('foreign'),
    subIds: subIds.length,
    activities: cases.length - others.length - missing.length,
    others: others.length,
    wrong: [
      ...all.filter(({ fate }) => fate.fate === 'forgotten').map(({ name }) => `${name}: no column and no reason`),
      ...all
        .filter(({ fate }) => fate.fate === 'contradicted')
        .map(({ name }) => `${name}: a column, and a reason for none`),
      ...missing.map(({ name }) => `${name}: no activity`),
    ],
  };
}
