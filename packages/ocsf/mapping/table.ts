import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { isHex } from './text.ts';

/** A value of an OCSF column: objects and lists nest. Times are ms since the epoch. */
export type OcsfValue = string | number | boolean | readonly OcsfValue[] | OcsfObject;
/** An object of OCSF: its attributes by name. One that a row doesn't have has no key. */
export interface OcsfObject {
  readonly [attribute: string]: OcsfValue;
}

/** Computes a value from an activity; undefined when the activity doesn't say it. Pure, and never throws. */
export type Derivation = (activity: Activity, facts: OcsfClassFacts) => OcsfValue | undefined;

/**
 * Where a column's value comes from. `uses` are all the agent's fields that a derivation looks at: columns are computed
 * once per distinct combination of those, so a derivation that looks at another is wrong. `carries` are the fields whose
 * whole content the value holds: they are not repeated in `unmapped`. `rule` says in a few words what a derivation does,
 * for the mapping page that customers read.
 */
export type Source =
  | { readonly from: 'field'; readonly field: AgentFieldName }
  | { readonly from: 'constant'; readonly value: OcsfValue }
  | {
      readonly from: 'derived';
      readonly rule: string;
      readonly uses: readonly AgentFieldName[];
      readonly carries: readonly AgentFieldName[];
      readonly derive: Derivation;
      /** Set where the value is a list made of these: what `derive` does, in a form that needs no look at each event. */
      readonly digests?: readonly Digest[];
    };

/** A field that is an item of a list where it has exactly so many hex digits: its value is the item's `value`. */
export interface Digest {
  readonly field: AgentFieldName;
  readonly digits: number;
  /** The item's other attributes. */
  readonly constants: OcsfObject;
}

/**
 * A condition on the activity, with its words for the mapping page. It looks at the values of `uses`, and at no more of
 * `presenceOf` than whether each of them is there.
 */
export interface Condition {
  readonly rule: string;
  readonly uses: readonly AgentFieldName[];
  readonly presenceOf: readonly AgentFieldName[];
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

/** What is kept in `unmapped` of a field that a column carries only in part. `uses` are all the fields that it looks at. */
export interface Kept {
  readonly kept: AgentFieldName;
  readonly rule: string;
  readonly uses: readonly AgentFieldName[];
  readonly derive: (activity: Activity) => string | undefined;
  /** Set where the field is kept unless it has exactly so many hex digits: what `derive` does. */
  readonly unlessDigits?: number;
}

/** A value that analysts pivot on: the column (`[]` for each item of a list) and OCSF's number of its kind. */
export interface Observable {
  readonly path: string;
  readonly typeId: number;
  /** The first OCSF version that has the kind. */
  readonly since?: OcsfVersion;
}

/** A piece of the message: words, a column's value (or other words where the row doesn't have it), or derived words. */
export type MessagePart =
  | string
  | { readonly column: string; readonly otherwise: string }
  | {
      readonly rule: string;
      readonly uses: readonly AgentFieldName[];
      readonly derive: (activity: Activity, facts: OcsfClassFacts) => string;
    };

/** The mapping of one event class: the columns in their order, what is made of those, and what else is kept. */
export interface MappingTable {
  readonly columns: readonly Entry[];
  /** Made of the columns: the list `observables`, in this order. */
  readonly observables: readonly Observable[];
  /** Made of the columns: `message`, a sentence that a person can read. */
  readonly message: readonly MessagePart[];
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

/** The column is computed from the fields `uses`; it carries all of these unless said otherwise. */
export function derived(
  path: string,
  rule: string,
  uses: readonly AgentFieldName[],
  derive: Derivation,
  carries: readonly AgentFieldName[] = uses,
): Entry {
  return { path, source: { from: 'derived', rule, uses, carries, derive } };
}

/** The column is a computed list of objects with these attributes. */
export function listed(
  path: string,
  items: readonly string[],
  rule: string,
  uses: readonly AgentFieldName[],
  derive: Derivation,
  carries: readonly AgentFieldName[] = uses,
): Entry {
  return { ...derived(path, rule, uses, derive, carries), items };
}

/** The column is a list with an item for each of these fields that is whole. */
export function digests(path: string, rule: string, fields: readonly Digest[]): Entry {
  const uses = fields.map(({ field: name }) => name);
  const items = [...Object.keys(fields[0]!.constants), 'value'];
  const derive: Derivation = (activity) => {
    const found: OcsfObject[] = [];
    for (const { field: name, digits, constants } of fields) {
      const value = activity[name] as string | undefined;
      if (isHex(value, digits)) found.push({ ...constants, value });
    }
    return found.length === 0 ? undefined : found;
  };
  return { path, source: { from: 'derived', rule, uses, carries: uses, derive, digests: fields }, items };
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
  uses: readonly AgentFieldName[],
  derive: (activity: Activity, facts: OcsfClassFacts) => number | string | undefined,
  carries: readonly AgentFieldName[] = uses,
): Entry[] {
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const id = path.slice(parent.length);
  return [
    { ...derived(path, rule, uses, derive, carries), caption: 'id' },
    { ...derived(`${parent}${sibling}`, `caption of ${id}`, uses, derive, carries), caption: { of: id } },
  ];
}

/** These entries hold only under `condition`. */
export function when(condition: Condition, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, when: entry.when ? both(condition, entry.when) : condition }));
}

function both(one: Condition, other: Condition): Condition {
  return {
    rule: `${one.rule}, and ${other.rule}`,
    uses: [...new Set([...one.uses, ...other.uses])],
    presenceOf: [...new Set([...one.presenceOf, ...other.presenceOf])],
    holds: (activity) => one.holds(activity) && other.holds(activity),
  };
}

/** These columns exist from `version` on. */
export function since(version: OcsfVersion, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, since: version }));
}

/** True for activities with one of these sub ids. */
export function subIdIn(ids: readonly number[], rule: string): Condition {
  return {
    rule,
    uses: ['eventSubId'],
    presenceOf: [],
    holds: ({ eventSubId }) => eventSubId !== undefined && ids.includes(eventSubId),
  };
}
