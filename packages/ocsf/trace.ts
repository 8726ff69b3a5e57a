import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts, type OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { type ColumnNode, columnTree } from './column-tree.ts';
import { carriedBy } from './coverage.ts';
import { fitOf } from './fit.ts';
import type { Entry, OcsfObject, OcsfValue } from './mapping/table.ts';

/** One column of a finished row, and the line of the mapping table that gave its value. */
export interface TracedColumn {
  readonly path: string;
  readonly value: OcsfValue;
  readonly entry: Entry;
}

/**
 * Which line of the mapping table gave each column of the row that `activity` became. Made for people who look at one
 * event: it asks the table again, line by line. Columns that are made of other columns are not in it.
 */
export function traceRow({ eventClass, version, activity, values }: RowOrigin): TracedColumn[] {
  const facts = classFacts(eventClass, version);
  const traced: TracedColumn[] = [];
  const walk = (nodes: readonly ColumnNode[], owner: OcsfObject): void => {
    for (const node of nodes) {
      const value = owner[node.name];
      if (value === undefined) continue;
      const entry = node.entries.find((one) => gives(one, node, activity, facts));
      if (entry !== undefined) traced.push({ path: node.path, value, entry });
      else if (node.children !== undefined && !node.list) walk(node.children, value as OcsfObject);
    }
  };
  walk(columnTree(eventClass, version), values);
  return traced;
}

/**
 * The object that a row lacks although `field` would have had a column in it: OCSF requires something of it that the
 * activity doesn't say. Undefined where that isn't why the field has no column.
 */
export function objectWithout(
  field: AgentFieldName,
  { eventClass, version, activity, values }: RowOrigin,
): string | undefined {
  const facts = classFacts(eventClass, version);
  const search = (
    nodes: readonly ColumnNode[],
    owner: OcsfObject | undefined,
    missing?: string,
  ): string | undefined => {
    for (const node of nodes) {
      const own = owner?.[node.name];
      if (own === undefined && missing !== undefined && wouldCarry(node, field, activity, facts)) return missing;
      if (node.children === undefined || node.list) continue;
      const found = search(node.children, own as OcsfObject | undefined, missing ?? (own ? undefined : node.path));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(columnTree(eventClass, version), values);
}

/** What a row was made of, and how. */
export interface RowOrigin {
  readonly eventClass: EventClass;
  readonly version: OcsfVersion;
  readonly activity: Activity;
  readonly values: OcsfObject;
}

function wouldCarry(node: ColumnNode, field: AgentFieldName, activity: Activity, facts: OcsfClassFacts): boolean {
  return node.entries.some((entry) => carriedBy(entry).includes(field) && gives(entry, node, activity, facts));
}

/** The value that a line of the table computes, its condition and the column's type aside. */
export function computedBy({ source }: Entry, activity: Activity, facts: OcsfClassFacts): OcsfValue | undefined {
  if (source.from === 'constant') return source.value;
  return source.from === 'field' ? activity[source.field] : source.derive(activity, facts);
}

function gives(entry: Entry, node: ColumnNode, activity: Activity, facts: OcsfClassFacts): boolean {
  if (entry.when !== undefined && !entry.when.holds(activity)) return false;
  const value = computedBy(entry, activity, facts);
  if (value === undefined) return false;
  return node.list || entry.caption !== undefined || fitOf(node.type, node.name)(value) !== undefined;
}

/** The agent's fields that a line of the table reads. */
export function readBy({ source }: Entry): readonly AgentFieldName[] {
  if (source.from === 'field') return [source.field];
  return source.from === 'derived' ? [...new Set([...source.carries, ...source.uses])] : [];
}
