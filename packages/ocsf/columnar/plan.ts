import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts, type OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { type ColumnNode, columnTree } from '../column-tree.ts';
import { type Range, rangeOf, takesAnyText } from '../fit.ts';
import type { Condition, Digest, Entry } from '../mapping/table.ts';
import { type Alternative, alternativesOf } from '../row-maker.ts';
import { Cuts } from '../unmapped.ts';
import {
  type Cells,
  cellsOf,
  type ListCells,
  type NumberCells,
  type SharedCells,
  type StructCells,
  type TextCells,
} from './cells.ts';
import { type KeyFields, nothing } from './keys.ts';
import type { Making } from './making.ts';

/** One way to a column's value: an entry of the mapping table. */
export interface Way {
  readonly alternative: Alternative;
  /** Place in `ColumnsPlan.keys` of what the value depends on. */
  readonly key: number;
  /** Set where the value is the field as it is. */
  readonly field: AgentFieldName | undefined;
  /** Whether the column takes every text of that field. */
  readonly takesAnyText: boolean;
  /** The whole numbers that the column takes, where it takes those. */
  readonly range: Range | undefined;
  /** Set where the value is a list of digests. */
  readonly digests: readonly Digest[] | undefined;
  readonly condition: { readonly key: number; readonly holds: (activity: Activity) => boolean } | undefined;
  readonly carries: readonly AgentFieldName[];
  /** A value means that something is carried: all that it is made of is, and nothing makes no value. */
  readonly alwaysCarries: boolean;
}

/** A column that is computed: a scalar, or a list. */
export interface LeafPlan {
  readonly kind: 'leaf';
  readonly node: ColumnNode;
  readonly cells: TextCells | NumberCells | ListCells;
  readonly ways: readonly Way[];
  /** The only way that was open for these activities; −1 where there were several. */
  way: number;
  /** By row of the activities: the way that was taken, where there were several. */
  taken: Uint8Array;
  /** The column carries all that it can: it is there wherever the activity has a field that the only way carries. */
  isWhole: boolean;
}

/** An object that rows share: it is put together once for each combination of what it looks at. */
export interface SharedPlan {
  readonly cells: SharedCells;
  /** All that anything in it looks at. */
  readonly looks: KeyFields;
  /** What its objects were last made of; undefined where there are none. */
  made: SharedMaking | undefined;
}

/** The combinations, as activities of their own, and by row of the activities which one it has. */
export interface SharedMaking {
  readonly making: Making;
  readonly codes: Int32Array;
  /** No row lost its object with another one around it. */
  isWhole: boolean;
}

/** An object that is put together from its children. */
export interface ObjectPlan {
  readonly kind: 'object';
  readonly node: ColumnNode;
  readonly cells: StructCells;
  readonly shared: SharedPlan | undefined;
  readonly isRoot: boolean;
  readonly children: readonly NodePlan[];
  readonly required: readonly NodePlan[];
  /** OCSF wants one of these at least. */
  readonly oneOf: readonly NodePlan[] | undefined;
  /** The fields that anything in it carries: without all of them it can only be constant. */
  readonly fields: readonly AgentFieldName[];
  /** By row of the activities: 1 where it is present and holds something that the agent said. */
  carries: Uint8Array;
  /** In how many rows that is so. */
  carrying: number;
  /** Rows that are still to be judged; scratch. */
  rest: Int32Array;
}

export type NodePlan = LeafPlan | ObjectPlan;

/** What rows have of a column or object. */
export function cellsOfNode(node: NodePlan): Cells {
  return node.kind === 'object' ? (node.shared?.cells ?? node.cells) : node.cells;
}

/** How the columns of one class and version are made of the columns of activities; with the cells that they go to. */
export interface ColumnsPlan {
  readonly facts: OcsfClassFacts;
  readonly roots: readonly NodePlan[];
  readonly keys: readonly KeyFields[];
}

/** A new plan, with cells of its own. */
export function planOf(eventClass: EventClass, version: OcsfVersion, made: ReadonlySet<string>): ColumnsPlan {
  const keys = new Keys();
  const nodes = columnTree(eventClass, version).filter(({ name }) => !made.has(name));
  const facts = classFacts(eventClass, version);
  const roots = nodes.map((node) => nodePlan(node, cellsOf(node), keys, facts));
  return { facts, roots, keys: keys.all };
}

/** The different sets of fields that values depend on, numbered. */
class Keys {
  readonly all: KeyFields[] = [];
  readonly #places = new Map<string, number>();

  placeOf(fields: KeyFields): number {
    const name = `${fields.uses.toSorted()}|${fields.presenceOf.toSorted()}`;
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.all.push(fields) - 1;
      this.#places.set(name, place);
    }
    return place;
  }
}

function nodePlan(node: ColumnNode, cells: Cells, keys: Keys, facts: OcsfClassFacts): NodePlan {
  if (cells.kind === 'shared') return objectPlan(node, cells.object, keys, facts, cells);
  if (cells.kind !== 'struct') {
    const ways = alternativesOf(node).map((alternative) => wayOf(node, alternative, keys, facts));
    return { kind: 'leaf', node, cells, ways, way: 0, taken: new Uint8Array(0), isWhole: false };
  }
  return objectPlan(node, cells, keys, facts);
}

function objectPlan(
  node: ColumnNode,
  cells: StructCells,
  keys: Keys,
  facts: OcsfClassFacts,
  sharedCells?: SharedCells,
): ObjectPlan {
  const children = node.children!.map((child, at) => nodePlan(child, cells.children[at]!.cells, keys, facts));
  const { atLeastOne } = node;
  return {
    kind: 'object',
    node,
    cells,
    shared: sharedCells && { cells: sharedCells, looks: looksOf(children, keys), made: undefined },
    isRoot: node.path === node.name,
    children,
    required: children.filter((child) => child.node.requirement === 'required'),
    oneOf: atLeastOne && children.filter((child) => atLeastOne.includes(child.node.name)),
    fields: [...new Set(children.flatMap(fieldsIn))],
    carries: new Uint8Array(0),
    carrying: 0,
    rest: new Int32Array(0),
  };
}

function fieldsIn(node: NodePlan): readonly AgentFieldName[] {
  return node.kind === 'object' ? node.fields : node.ways.flatMap(({ carries }) => carries);
}

function looksOf(children: readonly NodePlan[], keys: Keys): KeyFields {
  const all = children.flatMap(waysIn).flatMap(({ key, condition }) => [key, ...(condition ? [condition.key] : [])]);
  const looks = [...new Set(all)].map((key) => keys.all[key]!);
  const uses = [...new Set(looks.flatMap((own) => own.uses))];
  const presenceOf = [...new Set(looks.flatMap((own) => own.presenceOf))].filter((name) => !uses.includes(name));
  return { uses, presenceOf };
}

function waysIn(node: NodePlan): readonly Way[] {
  return node.kind === 'object' ? node.children.flatMap(waysIn) : node.ways;
}

function wayOf(node: ColumnNode, alternative: Alternative, keys: Keys, facts: OcsfClassFacts): Way {
  const { entry } = alternative;
  const uses = usesOf(entry);
  const carries = alternative.carries.map(({ name }) => name);
  return {
    alternative,
    key: keys.placeOf({ uses, presenceOf: [] }),
    field: entry.source.from === 'field' ? entry.source.field : undefined,
    takesAnyText: !node.list && takesAnyText(node.type),
    range: node.list ? undefined : rangeOf(node.type, node.name),
    digests: entry.source.from === 'derived' ? entry.source.digests : undefined,
    condition: entry.when && conditionOf(entry.when, keys),
    carries,
    alwaysCarries:
      uses.every((name) => carries.includes(name)) && alternative.evaluate(nothing, facts, new Cuts()) === undefined,
  };
}

function usesOf({ source }: Entry): readonly AgentFieldName[] {
  if (source.from === 'field') return [source.field];
  return source.from === 'derived' ? source.uses : [];
}

function conditionOf({ uses, presenceOf, holds }: Condition, keys: Keys): NonNullable<Way['condition']> {
  return { key: keys.placeOf({ uses, presenceOf }), holds };
}
