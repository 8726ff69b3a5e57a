import type { EventClass } from '@tributary/schemas/event-classes.ts';
import {
  attributeOf,
  classFacts,
  type OcsfClassFacts,
  type OcsfObjectFacts,
  type OcsfRequirement,
} from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { Entry } from './mapping/table.ts';
import { mappingTables } from './mapping/tables.ts';
import { summaryColumns } from './row-summary.ts';

/** One column, or one object with its columns: a mapping table joined with the facts of an OCSF version. */
export interface ColumnNode {
  readonly name: string;
  /** From the root, with dots. */
  readonly path: string;
  /** An OCSF scalar type (`…_t`) or the name of an object. */
  readonly type: string;
  readonly list: boolean;
  readonly requirement: OcsfRequirement;
  /** The entries of the table that may give the value, in their order. Empty for an object that is put together from its children, and for what is made of other columns. */
  readonly entries: readonly Entry[];
  /** Of an object: its attributes, in the order of the columns. */
  readonly children?: readonly ColumnNode[];
  /** Of an object: OCSF wants one of these at least. */
  readonly atLeastOne?: readonly string[];
  /** Of an enum and of its caption: what each number means. */
  readonly captions?: Readonly<Record<number, string>>;
}

/** Kinds of objects that are much fewer than the events that have them. */
const sharedTypes: ReadonlySet<string> = new Set(['device', 'cloud', 'user', 'file', 'product', 'observable']);

/**
 * Whether rows that have the same object share it, in the columns and on their way to the flusher: what is said of an
 * endpoint, a file or a user comes again and again. So does a parent.
 */
export function isShared({ type, name, children }: ColumnNode): boolean {
  return children !== undefined && (sharedTypes.has(type) || name === 'parent_process');
}

const trees = new Map<string, readonly ColumnNode[]>();

/**
 * The columns of a class in a version, without `unmapped`, which every class has last. The last two, which are made of the
 * others, have no entries. Always the same object.
 */
export function columnTree(eventClass: EventClass, version: OcsfVersion): readonly ColumnNode[] {
  const key = `${eventClass} ${version}`;
  const known = trees.get(key);
  if (known !== undefined) return known;
  const facts = classFacts(eventClass, version);
  const entries = mappingTables[eventClass].columns.filter((entry) => (entry.since ?? '') <= version);
  const tree = [
    ...childrenOf(facts, facts, '', '', entries),
    ...summaryColumns.map((name) => summaryNode(facts, name)),
  ];
  trees.set(key, tree);
  return tree;
}

function summaryNode(facts: OcsfClassFacts, name: (typeof summaryColumns)[number]): ColumnNode {
  const node = { name, path: name, ...attributeOf(facts, name), entries: [] };
  if (name === 'message') return node;
  const captions = facts.captions['observable.type_id']!;
  const children = itemsOf(facts, node, ['name', 'type_id', 'type', 'value']);
  return { ...node, children: children.map((child) => (child.name === 'type_id' ? { ...child, captions } : child)) };
}

function itemsOf(
  facts: OcsfClassFacts,
  { type, path }: { readonly type: string; readonly path: string },
  items: readonly string[],
): ColumnNode[] {
  const object = facts.objects[type]!;
  return items.map((item) => ({
    name: item,
    path: `${path}[].${item}`,
    ...attributeOf(object, item),
    entries: [],
  }));
}

function childrenOf(
  facts: OcsfClassFacts,
  owner: OcsfObjectFacts,
  ownerName: string,
  prefix: string,
  entries: readonly Entry[],
): ColumnNode[] {
  const byName = Map.groupBy(entries, (entry) => entry.path.slice(prefix.length).split('.', 1)[0]!);
  return [...byName].map(([name, own]) => nodeOf(facts, owner, ownerName, prefix, name, own));
}

function nodeOf(
  facts: OcsfClassFacts,
  owner: OcsfObjectFacts,
  ownerName: string,
  prefix: string,
  name: string,
  entries: readonly Entry[],
): ColumnNode {
  const path = `${prefix}${name}`;
  const node = { name, path, ...attributeOf(owner, name), entries };
  const object = facts.objects[node.type];
  if (object === undefined) {
    const captions = captionsOf(facts, ownerName, name, entries[0]!);
    return captions === undefined ? node : { ...node, captions };
  }
  const items = entries[0]!.items;
  if (items !== undefined) {
    return { ...node, children: itemsOf(facts, node, items) };
  }
  const children = childrenOf(facts, object, node.type, `${path}.`, entries);
  return { ...node, entries: [], children, ...(object.atLeastOne && { atLeastOne: object.atLeastOne }) };
}

function captionsOf(facts: OcsfClassFacts, ownerName: string, name: string, entry: Entry) {
  if (entry.caption === undefined) return undefined;
  const id = entry.caption === 'id' ? name : entry.caption.of;
  const captions = facts.captions[ownerName === '' ? id : `${ownerName}.${id}`];
  if (captions === undefined) throw new Error(`no captions of the OCSF enum ${entry.path}`);
  return captions;
}
