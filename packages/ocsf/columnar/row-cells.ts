import type { OcsfObject, OcsfValue } from '../mapping/table.ts';
import { addObjects, type Cells, closeList, fill, type ListCells, reserveItems, setNull } from './cells.ts';
import type { TextHeap } from './text-heap.ts';

/** Puts a value that a row interpreter made into a row; undefined is null. */
export function setValue(cells: Cells, row: number, value: OcsfValue | undefined, heap: TextHeap): void {
  if (value === undefined) {
    setNull(cells, row);
    return;
  }
  fill(cells);
  switch (cells.kind) {
    case 'text':
      cells.ids[row] = heap.add(value as string);
      return;
    case 'number':
      cells.values[row] = Number(value);
      return;
    case 'list':
      cells.lists[row] = addList(cells, value as readonly OcsfValue[], heap);
      return;
    case 'shared':
      cells.objects[row] = addObjects(cells, 1);
      setValue(cells.object, cells.objects[row]!, value, heap);
      return;
    case 'struct':
      cells.present[row] = 1;
      for (const { name, cells: own } of cells.children) setValue(own, row, (value as OcsfObject)[name], heap);
  }
}

/** Makes a list of values, each a scalar or an object, and answers its number. */
export function addList(list: ListCells, values: readonly OcsfValue[], heap: TextHeap): number {
  const first = reserveItems(list, values.length);
  for (const [at, value] of values.entries()) {
    for (const { name, cells } of list.items) {
      setValue(cells, first + at, name === '' ? value : (value as OcsfObject)[name], heap);
    }
  }
  return closeList(list, first + values.length);
}
