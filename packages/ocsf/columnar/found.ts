import type { Cells, ListCells, SharedCells } from './cells.ts';
import { absent } from './text-heap.ts';

/** The cells of a path, and what leads from a row to them. */
export interface Found {
  readonly cells: Cells;
  /** The list that they are an attribute of the items of. */
  readonly list: ListCells | undefined;
  /** The objects on the way that rows share, from the outside in. */
  readonly shares: readonly SharedCells[];
}

/** Finds the cells of a path of scalars: `device.hostname`, or `answers[].rdata` for an attribute of a list's items. */
export type CellsAt = (path: string) => Found;

/** Finds among these columns. */
export function finder(columns: Readonly<Record<string, Cells>>): CellsAt {
  return (path) => {
    const [outer, attribute = ''] = path.split('[].') as [string, string?];
    const [root, ...names] = outer.replace(/\[\]$/, '').split('.');
    const shares: SharedCells[] = [];
    let cells = columns[root!]!;
    for (const name of names) {
      if (cells.kind === 'shared') shares.push(cells);
      cells = childOf(cells, name);
    }
    if (cells.kind !== 'list') return { cells, list: undefined, shares };
    const item = cells.items.find(({ name }) => name === attribute);
    if (item === undefined) throw new Error(`there is no column ${path}`);
    return { cells: item.cells, list: cells, shares };
  };
}

function childOf(cells: Cells, name: string): Cells {
  const object = cells.kind === 'shared' ? cells.object : cells;
  const child = object.kind === 'struct' ? object.children.find((own) => own.name === name)?.cells : undefined;
  if (child === undefined) throw new Error(`there is no column ${name}`);
  return child;
}

/** Whether any row has it. */
export function isThere({ cells, list, shares }: Found): boolean {
  return (list ?? cells).filled && shares.every(({ filled }) => filled);
}

/** The row of what is found, for a row of the class; −1 where an object on the way is absent. */
export function rowOf({ shares }: Found, place: number): number {
  let row = place;
  for (let at = 0; at < shares.length && row !== absent; at++) row = shares[at]!.objects[row]!;
  return row;
}
