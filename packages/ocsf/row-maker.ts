import { type Activity, agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { OcsfClassFacts } from '@tributary/schemas/ocsf/facts.ts';
import type { ColumnNode } from './column-tree.ts';
import { fitOf } from './fit.ts';
import type { Derivation, Entry, OcsfObject, OcsfValue } from './mapping/table.ts';
import type { Cuts } from './unmapped.ts';

/** What one row is made of, while it is made. */
export interface Making {
  readonly activity: Activity;
  readonly facts: OcsfClassFacts;
  /** Fields that a column carries, by their place in the fields' table; the tail of an object that is given up is taken back. */
  readonly carried: number[];
  readonly cuts: Cuts;
}

/** Gives the value of one column in a row, or undefined where the activity doesn't say it. Never throws. */
export type Maker = (making: Making) => OcsfValue | undefined;

/** The maker of a column or object. It is made once and used for every row: what can be looked up is looked up here. */
export function makerOf(node: ColumnNode): Maker {
  return node.entries.length === 0 ? objectMaker(node) : columnMaker(node);
}

/**
 * An object is present when what OCSF requires of it is there, and at least one field of the agent is in it: never a
 * struct of nulls. Only an object that OCSF requires itself, such as `metadata.product`, may be all constants.
 */
function objectMaker(node: ColumnNode): Maker {
  const children = node.children!.map((child) => ({
    name: child.name,
    required: child.requirement === 'required',
    make: makerOf(child),
  }));
  const { atLeastOne } = node;
  const mayBeConstant = node.requirement === 'required';
  return (making) => {
    const carriedBefore = making.carried.length;
    const cutsBefore = making.cuts.count;
    const values: Record<string, OcsfValue> = {};
    let whole = true;
    for (const { name, required, make } of children) {
      const value = make(making);
      if (value !== undefined) values[name] = value;
      else if (required) {
        whole = false;
        break;
      }
    }
    const enough = atLeastOne === undefined || atLeastOne.some((name) => values[name] !== undefined);
    if (whole && enough && (mayBeConstant || making.carried.length > carriedBefore)) return values;
    making.carried.length = carriedBefore;
    making.cuts.forget(cutsBefore);
    return undefined;
  };
}

/** One way to a value of a column: an entry of its table, in the one form that loops are fast with. */
export interface Alternative {
  readonly entry: Entry;
  readonly holds: ((activity: Activity) => boolean) | undefined;
  readonly carries: readonly { readonly name: AgentFieldName; readonly place: number }[];
  /** The value as the column has it, whether the condition holds or not; undefined where there is none that fits. */
  readonly evaluate: (activity: Activity, facts: OcsfClassFacts, cuts: Cuts) => OcsfValue | undefined;
}

/** The ways to a value of a column that is no object, in their order. */
export function alternativesOf(node: ColumnNode): Alternative[] {
  const fit = fitterOf(node);
  const { captions } = node;
  return node.entries.map((entry) => {
    const { source, when } = entry;
    const carries = source.from === 'field' ? [source.field] : source.from === 'derived' ? source.carries : [];
    const take = takeOf(source);
    const caption = entry.caption === undefined ? undefined : entry.caption === 'id' ? 'id' : 'word';
    return {
      entry,
      holds: when?.holds,
      carries: carries.map((name) => ({ name, place: agentFieldNames.indexOf(name) })),
      evaluate: (activity, facts, cuts) => {
        const value = take(activity, facts);
        if (value === undefined) return undefined;
        return fit(caption === undefined ? value : captioned(captions, caption, value), cuts);
      },
    };
  });
}

function takeOf(source: Entry['source']): Derivation {
  if (source.from === 'derived') return source.derive;
  if (source.from === 'constant') return () => source.value;
  const name = source.field;
  return (activity) => activity[name];
}

function columnMaker(node: ColumnNode): Maker {
  const alternatives = alternativesOf(node);
  return (making) => {
    const { activity, facts, cuts } = making;
    for (const { holds, evaluate, carries } of alternatives) {
      if (holds !== undefined && !holds(activity)) continue;
      const value = evaluate(activity, facts, cuts);
      if (value === undefined) continue;
      for (const { name, place } of carries) if (activity[name] !== undefined) making.carried.push(place);
      return value;
    }
    return undefined;
  };
}

/** An enum's number, or its caption: 99 and the agent's own word for what OCSF has no number for. */
function captioned(captions: ColumnNode['captions'], caption: 'id' | 'word', value: OcsfValue): OcsfValue {
  const known = typeof value === 'number' ? captions?.[value] : undefined;
  if (caption === 'id') return known === undefined ? 99 : value;
  return known ?? value;
}

type Fitter = (value: OcsfValue, cuts: Cuts) => OcsfValue | undefined;

/** The value as the column's type wants it, strings cut to their bound; undefined when it doesn't fit, also for one item of a list. */
function fitterOf(node: ColumnNode): Fitter {
  const one = node.children === undefined ? scalarFitter(node) : itemFitter(node.children);
  if (!node.list) return one;
  return (value, cuts) => {
    if (!Array.isArray(value)) return undefined;
    const items = (value as readonly OcsfValue[]).map((item) => one(item, cuts));
    return items.includes(undefined) ? undefined : (items as OcsfValue[]);
  };
}

function scalarFitter({ type, name, path }: ColumnNode): Fitter {
  const fit = fitOf(type, name);
  return (value, cuts) => {
    const fitting = fit(value);
    return typeof fitting === 'string' ? cuts.cut(path, fitting) : fitting;
  };
}

function itemFitter(children: readonly ColumnNode[]): Fitter {
  const parts = children.map((child) => ({
    name: child.name,
    required: child.requirement === 'required',
    fit: fitterOf(child),
  }));
  return (value, cuts) => {
    const item: Record<string, OcsfValue> = {};
    for (const { name, required, fit } of parts) {
      const own = (value as OcsfObject)[name];
      const fitting = own === undefined ? undefined : fit(own, cuts);
      if (fitting !== undefined) item[name] = fitting;
      else if (required) return undefined;
    }
    return item;
  };
}
