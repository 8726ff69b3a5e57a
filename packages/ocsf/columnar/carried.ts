import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Making } from './evaluate.ts';
import type { LeafPlan, NodePlan } from './plan.ts';

/** By field: 1 in the rows (of the picks) in which a column carries it. A field that no column ever carries isn't there. */
export type Carried = ReadonlyMap<AgentFieldName, Uint8Array>;

/** Which columns carry which field; made once per plan. */
export class CarriedFields {
  readonly #carriers: readonly { readonly leaf: LeafPlan; readonly way: number; readonly field: AgentFieldName }[];
  readonly #rows = new Map<AgentFieldName, Uint8Array>();

  constructor(roots: readonly NodePlan[]) {
    this.#carriers = roots
      .flatMap(leavesOf)
      .flatMap((leaf) => leaf.ways.flatMap((way, at) => way.carries.map((field) => ({ leaf, way: at, field }))));
  }

  /** Asks the finished columns. */
  of({ columns, picks, places }: Making): Carried {
    const n = picks.length;
    const carried = new Map<AgentFieldName, Uint8Array>();
    for (const { leaf, way, field } of this.#carriers) {
      if (!columns.fields.has(field)) continue;
      let rows = carried.get(field);
      if (rows === undefined) {
        rows = this.#rowsOf(field, n);
        carried.set(field, rows);
      }
      note(leaf, way, places, n, rows);
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

function leavesOf(node: NodePlan): LeafPlan[] {
  return node.kind === 'leaf' ? [node] : node.children.flatMap(leavesOf);
}

function note({ cells, ways, taken }: LeafPlan, way: number, places: Int32Array, n: number, rows: Uint8Array): void {
  const several = ways.length > 1 || ways[0]!.condition !== undefined;
  if (cells.kind === 'number') {
    const { values } = cells;
    for (let i = 0; i < n; i++) {
      if (!Number.isNaN(values[places[i]!]!) && (!several || taken[i] === way)) rows[i] = 1;
    }
    return;
  }
  const ids = cells.kind === 'text' ? cells.ids : cells.lists;
  for (let i = 0; i < n; i++) if (ids[places[i]!]! >= 0 && (!several || taken[i] === way)) rows[i] = 1;
}
