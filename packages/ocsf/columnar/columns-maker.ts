import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { columnTree } from '../column-tree.ts';
import { mappingTables } from '../mapping/tables.ts';
import type { ActivityColumns } from './activity-columns.ts';
import { CarriedFields } from './carried.ts';
import { type Cells, cellsOf, type ListCells } from './cells.ts';
import { finder } from './found.ts';
import { Making } from './making.ts';
import { MessageColumn } from './message-column.ts';
import { ObservablesColumn } from './observables-column.ts';
import { type ColumnsPlan, cellsOfNode, type NodePlan, planOf } from './plan.ts';
import { makeNode } from './presence.ts';
import { makeUnmapped, unmappedCells } from './unmapped-columns.ts';

/** Columns that are made of other columns. */
const made: ReadonlySet<string> = new Set(['observables', 'message']);

/** Makes the columns of one class and version: by column and by distinct value, never by event where it can be helped. */
export class ColumnsMaker {
  /** The cells of each column of the delivered schema. */
  readonly columns: Readonly<Record<string, Cells>>;
  /** The columns without which there is no row. */
  readonly required: readonly NodePlan[];
  readonly #eventClass: EventClass;
  readonly #plan: ColumnsPlan;
  readonly #carried: CarriedFields;
  readonly #message: MessageColumn;
  readonly #observables: ObservablesColumn;
  readonly #unmapped = unmappedCells();

  constructor(eventClass: EventClass, version: OcsfVersion) {
    const plan = planOf(eventClass, version, made);
    const table = mappingTables[eventClass];
    const columns = Object.fromEntries(plan.roots.map((root) => [root.node.name, cellsOfNode(root)]));
    const cellsAt = finder(columns);
    const node = columnTree(eventClass, version).find(({ name }) => name === 'observables');
    const captions = plan.facts.captions['observable.type_id'] ?? {};
    this.#eventClass = eventClass;
    this.#plan = plan;
    this.#carried = new CarriedFields(plan.roots);
    this.#message = new MessageColumn(table.message, cellsAt);
    this.#observables = new ObservablesColumn(
      table.observables,
      version,
      captions,
      cellsAt,
      cellsOf(node!) as ListCells,
    );
    this.columns = {
      ...columns,
      observables: this.#observables.cells,
      message: this.#message.cells,
      unmapped: this.#unmapped,
    };
    this.required = plan.roots.filter((root) => root.node.requirement === 'required');
  }

  /** Makes rows `places` of the activities `picks`. */
  make(activities: ActivityColumns, picks: Int32Array, places: Int32Array): void {
    const making = Making.of(activities, picks, places, this.#plan);
    for (const root of this.#plan.roots) makeNode(root, making);
    makeUnmapped(this.#eventClass, this.#unmapped, this.#carried.of(making), making);
    this.#observables.make(making);
    this.#message.make(making);
  }
}
