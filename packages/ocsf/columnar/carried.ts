import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Making } from './making.ts';
import type { LeafPlan, NodePlan, SharedPlan } from './plan.ts';
import { absent } from './text-heap.ts';

/**
 * By field: 1 in the rows (of the picks) in which a column carries it, or `true` where one does wherever there is
 * something. A field that no column carries isn't there.
 */
export type Carried = ReadonlyMap<AgentFieldName, Uint8Array | true>;

interface Carrier {
  readonly leaf: LeafPlan;
  readonly way: number;
  /** The objects around it that rows share, from the outside in. */
  readonly shares: readonly SharedPlan[];
}

/** Which columns carry which field; made once per plan. */
export class CarriedFields {
  readonly #carriers: ReadonlyMap<AgentFieldName, readonly Carrier[]>;
  readonly #rows = new Map<AgentFieldName, Uint8Array>();

  constructor(roots: readonly NodePlan[]) {
    const all = roots
      .flatMap((root) => leavesOf(root))
      .flatMap(({ leaf, shares }) =>
        leaf.ways.flatMap(({ carries }, way) => carries.map((field) => ({ field, leaf, way, shares }))),
      );
    this.#carriers = Map.groupBy(all, ({ field }) => field);
  }

  /** Asks the finished columns. */
  of(making: Making): Carried {
    const { columns, picks } = making;
    const carried = new Map<AgentFieldName, Uint8Array | true>();
    for (const name of columns.fields.keys()) {
      const carriers = (this.#carriers.get(name) ?? []).filter(isOpen);
      if (carriers.some((carrier) => carrier.leaf.isWhole || carriesAll(name, carrier))) carried.set(name, true);
      else if (carriers.length > 0) {
        const rows = this.#rowsOf(name, picks.length);
        for (const carrier of carriers) noteCarrier(carrier, making, rows);
        carried.set(name, rows);
      }
    }
    return carried;
  }

  #rowsOf(field: AgentFieldName, n: number): Uint8Array {
    let rows = this.#rows.get(field);
    if (rows === undefined || rows.length < n) {
      rows = new Uint8Array(n);
      this.#rows.set(field, rows);
    }
    rows.fill(0, 0, n);
    return rows;
  }
}

/** Way −1: several were. */
function isOpen({ leaf, way }: Carrier): boolean {
  return leaf.cells.filled && (leaf.way === way || leaf.way === -1);
}

function leavesOf(node: NodePlan, shares: readonly SharedPlan[] = []): Omit<Carrier, 'way'>[] {
  if (node.kind === 'leaf') return [{ leaf: node, shares }];
  const within = node.shared === undefined ? shares : [...shares, node.shared];
  return node.children.flatMap((child) => leavesOf(child, within));
}

/** Whether a column of an object that rows share carries the field in all of them: then it does in all rows. */
function carriesAll(name: AgentFieldName, { leaf, way, shares }: Carrier): boolean {
  const innermost = shares.at(-1)?.made?.making;
  if (innermost === undefined || !shares.every(({ made }) => made?.isWhole)) return false;
  const column = innermost.columns.fields.get(name);
  if (column === undefined) return false;
  const { picks, places } = innermost;
  const flags = new Uint8Array(picks.length);
  note(leaf, way, places, picks.length, flags);
  for (let i = 0; i < picks.length; i++) if (flags[i] === 0 && column.codes[picks[i]!]! >= 0) return false;
  return true;
}

function noteCarrier({ leaf, way, shares }: Carrier, making: Making, rows: Uint8Array): void {
  const innermost = shares.at(-1)?.made?.making ?? making;
  let flags = shares.length === 0 ? rows : new Uint8Array(innermost.picks.length);
  note(leaf, way, innermost.places, innermost.picks.length, flags);
  for (let at = shares.length - 1; at >= 0; at--) {
    const { places, picks } = shares[at - 1]?.made?.making ?? making;
    const outer: Uint8Array = at === 0 ? rows : new Uint8Array(picks.length);
    const { objects } = shares[at]!.cells;
    const { codes } = shares[at]!.made!;
    for (let i = 0; i < outer.length && i < picks.length; i++) {
      if (flags[codes[i]!] === 1 && objects[places[i]!] !== absent) outer[i] = 1;
    }
    flags = outer;
  }
}

function note({ cells, way, taken }: LeafPlan, at: number, places: Int32Array, n: number, rows: Uint8Array): void {
  const several = way === -1;
  if (cells.kind === 'number') {
    const { values } = cells;
    for (let i = 0; i < n; i++) {
      if (!Number.isNaN(values[places[i]!]!) && (!several || taken[i] === at)) rows[i] = 1;
    }
    return;
  }
  const ids = cells.kind === 'text' ? cells.ids : cells.lists;
  for (let i = 0; i < n; i++) if (ids[places[i]!]! >= 0 && (!several || taken[i] === at)) rows[i] = 1;
}
