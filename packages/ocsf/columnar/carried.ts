import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Making } from './evaluate.ts';
import type { LeafPlan, NodePlan } from './plan.ts';

/**
 * By field: 1 in the rows (of the picks) in which a column carries it, or `true` where one does wherever there is
 * something. A field that no column carries isn't there.
 */
export type Carried = ReadonlyMap<AgentFieldName, Uint8Array | true>;

interface Carrier {
  readonly leaf: LeafPlan;
  readonly way: number;
}

/** Which columns carry which field; made once per plan. */
export class CarriedFields {
  readonly #carriers: ReadonlyMap<AgentFieldName, readonly Carrier[]>;
  readonly #rows = new Map<AgentFieldName, Uint8Array>();

  constructor(roots: readonly NodePlan[]) {
    const all = roots
      .flatMap(leavesOf)
      .flatMap((leaf) => leaf.ways.flatMap(({ carries }, way) => carries.map((field) => ({ field, leaf, way }))));
    this.#carriers = Map.groupBy(all, ({ field }) => field);
  }

  /** Asks the finished columns. */
  of({ columns, picks, places }: Making): Carried {
    const carried = new Map<AgentFieldName, Uint8Array | true>();
    for (const name of columns.fields.keys()) {
      const carriers = (this.#carriers.get(name) ?? []).filter(isOpen);
      if (carriers.some(({ leaf }) => leaf.isWhole)) carried.set(name, true);
      else if (carriers.length > 0) {
        const rows = this.#rowsOf(name, picks.length);
        for (const { leaf, way } of carriers) note(leaf, way, places, picks.length, rows);
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

function leavesOf(node: NodePlan): LeafPlan[] {
  return node.kind === 'leaf' ? [node] : node.children.flatMap(leavesOf);
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
