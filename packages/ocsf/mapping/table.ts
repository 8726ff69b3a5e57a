import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';

/** A value of an OCSF column: objects and lists nest. Times are ms since the epoch. */
export type OcsfValue = string | number | boolean | readonly OcsfValue[] | OcsfObject;
/** An object of OCSF: its attributes by name. One that a row doesn't have has no key. */
export interface OcsfObject {
  readonly [attribute: string]: OcsfValue;
}

/** Computes a value from an activity; undefined when the activity doesn't say it. Pure, and never throws. */
export type Derivation = (activity: Activity, facts: OcsfClassFacts) => OcsfValue | undefined;

/**
 * Where a column's value comes from. `reads` are the agent's fields that the value carries: they are not repeated in
 * `unmapped`. `rule` says in a few words what a derivation does, for the mapping page that customers read.
 */
export type Source =
  | { readonly from: 'field'; readonly field: AgentFieldName }
  | { readonly from: 'constant'; readonly value: OcsfValue }
  | {
      readonly from: 'derived';
      readonly rule: string;
      readonly reads: readonly AgentFieldName[];
      readonly derive: Derivation;
    };

/** A condition on the activity, with its words for the mapping page. */
export interface Condition {
  readonly rule: string;
  readonly holds: (activity: Activity) => boolean;
}

/**
 * One line of a mapping table. OCSF type and requirement follow from the path and the facts of the version. Several
 * entries with one path are alternatives: the first whose condition holds and whose value fits the type is taken.
 */
export interface Entry {
  readonly path: string;
  readonly source: Source;
  readonly when?: Condition;
  /** The first OCSF version that has the column. */
  readonly since?: OcsfVersion;
  /**
   * `id`: the source gives a number of the enum, or the agent's own word (then the column is 99, Other). `{of}`: the
   * column is the caption of that sibling `…_id` column, or the agent's own word.
   */
  readonly caption?: 'id' | { readonly of: string };
  /** Of a list of objects: the attributes that its items have, in the order of the columns. */
  readonly items?: readonly string[];
}

/** What is kept in `unmapped` of a field that a column carries only in part. */
export interface Kept {
  readonly kept: AgentFieldName;
  readonly rule: string;
  readonly derive: (activity: Activity) => string | undefined;
}

/** The mapping of one event class: the columns in their order, and what else is kept. */
export interface MappingTable {
  readonly columns: readonly Entry[];
  readonly kept: readonly Kept[];
}

/** The column is the agent's field, as it is. */
export function field(path: string, name: AgentFieldName): Entry {
  return { path, source: { from: 'field', field: name } };
}

/** The column always has this value, where its object is present. */
export function constant(path: string, value: OcsfValue): Entry {
  return { path, source: { from: 'constant', value } };
}

/** The column is computed; `reads` are the fields whose whole content the value carries. */
export function derived(path: string, rule: string, reads: readonly AgentFieldName[], derive: Derivation): Entry {
  return { path, source: { from: 'derived', rule, reads, derive } };
}

/** The column is a computed list of objects with these attributes. */
export function listed(
  path: string,
  items: readonly string[],
  rule: string,
  reads: readonly AgentFieldName[],
  derive: Derivation,
): Entry {
  return { ...derived(path, rule, reads, derive), items };
}

/** A time and its `_dt` sibling of the datetime profile. */
export function instant(path: string, name: AgentFieldName): Entry[] {
  return [field(path, name), field(`${path}_dt`, name)];
}

/** An `…_id` column and its caption. `derive` gives a number of the enum, or the agent's own word for Other. */
export function captioned(
  path: string,
  sibling: string,
  rule: string,
  reads: readonly AgentFieldName[],
  derive: (activity: Activity, facts: OcsfClassFacts) => number | string | undefined,
): Entry[] {
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const id = path.slice(parent.length);
  return [
    { ...derived(path, rule, reads, derive), caption: 'id' },
    { ...derived(`${parent}${sibling}`, `caption of ${id}`, reads, derive), caption: { of: id } },
  ];
}

/** These entries hold only under `condition`. */
export function when(condition: Condition, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, when: entry.when ? both(condition, entry.when) : condition }));
}

function both(one: Condition, other: Condition): Condition {
  return { rule: `${one.rule}, and ${other.rule}`, holds: (activity) => one.holds(activity) && other.holds(activity) };
}

/** These columns exist from `version` on. */
export function since(version: OcsfVersion, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, since: version }));
}

/** True for activities with one of these sub ids. */
export function subIdIn(ids: readonly number[], rule: string): Condition {
  return { rule, holds: (activity) => activity.eventSubId !== undefined && ids.includes(activity.eventSubId) };
}
