import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { Observable } from '../mapping/table.ts';
import {
  addObjects,
  closeList,
  fill,
  type ListCells,
  type NumberCells,
  reserveItems,
  type SharedCells,
  type TextCells,
} from './cells.ts';
import { type CellsAt, type Found, isThere } from './found.ts';
import type { Making } from './making.ts';
import { NumberPool } from './number-pool.ts';
import { absent, type TextHeap } from './text-heap.ts';

/**
 * The values of a row that analysts pivot on, each with the path of its column and the kind of value. Rows share them: the
 * same value of a path is one object, mostly.
 */
export class ObservablesColumn {
  readonly cells: ListCells;
  readonly #items: SharedCells;
  readonly #attributes: Attributes;
  /** In the order of the items; those that lie in the same object that rows share are together. */
  readonly #stretches: Source[][] = [];

  constructor(
    observables: readonly Observable[],
    version: OcsfVersion,
    captions: Readonly<Record<number, string>>,
    cellsAt: CellsAt,
    cells: ListCells,
  ) {
    this.cells = cells;
    this.#items = cells.items[0]!.cells as SharedCells;
    this.#attributes = attributesOf(this.#items);
    const sources = observables
      .filter(({ since }) => (since ?? '') <= version)
      .map(({ path, typeId }) => ({
        path,
        typeId,
        caption: captions[typeId]!,
        found: cellsAt(path),
        known: new NumberPool(Int32Array),
        starts: new NumberPool(Int32Array),
        ends: new NumberPool(Int32Array),
      }));
    for (const source of sources) {
      const before = this.#stretches.at(-1);
      if (before !== undefined && sameShares(before[0]!.found, source.found)) before.push(source);
      else this.#stretches.push([source]);
    }
  }

  make(making: Making): void {
    const { cells } = this;
    const there = this.#stretches.map((stretch) => stretch.filter(({ found }) => isThere(found)));
    const stretches = there.filter(({ length }) => length > 0).map((own) => this.#begin(own, making));
    const { places } = making;
    fill(cells);
    fill(this.#items.object);
    for (const { cells: attribute } of this.#items.object.children) fill(attribute);
    reserveItems(cells, 0);
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      let at = cells.itemCount;
      for (let s = 0; s < stretches.length; s++) at = this.#writeStretch(stretches[s]!, place, at);
      if (at > cells.itemCount) cells.lists[place] = closeList(cells, at);
    }
  }

  #begin(sources: readonly Source[], making: Making): Stretch {
    const { found } = sources[0]!;
    const { shares } = found;
    const objects = shares.at(-1)?.count ?? 0;
    const { starts, ends } = sources[0]!;
    return {
      shares,
      sources: sources.map((source) => beginSource(source, making)),
      starts: starts.take(objects).fill(unknown, 0, objects),
      ends: ends.take(objects),
    };
  }

  /** Writes the items that a row has of some sources, from `at` on; answers where they end. */
  #writeStretch(stretch: Stretch, place: number, at: number): number {
    const { shares, sources, starts, ends } = stretch;
    if (shares.length === 0) return this.#writeSources(sources, place, at);
    let row = place;
    for (let level = 0; level < shares.length; level++) {
      row = shares[level]!.objects[row]!;
      if (row === absent) return at;
    }
    const first = starts[row]!;
    if (first === unknown) {
      const end = this.#writeSources(sources, row, at);
      starts[row] = at;
      ends[row] = end;
      return end;
    }
    // What a row before had of the same object.
    const count = ends[row]! - first;
    this.#reserve(at + count);
    const { objects } = this.#items;
    for (let k = 0; k < count; k++) objects[at + k] = objects[first + k]!;
    return at + count;
  }

  #writeSources(sources: readonly Begun[], row: number, at: number): number {
    let end = at;
    for (let s = 0; s < sources.length; s++) {
      const source = sources[s]!;
      const { list } = source;
      if (list === undefined) {
        end = this.#write(source, row, end);
        continue;
      }
      const number = list.lists[row]!;
      if (number === absent) continue;
      for (let item = list.starts[number]!; item < list.ends[number]!; item++) end = this.#write(source, item, end);
    }
    return end;
  }

  #write(source: Begun, row: number, at: number): number {
    const { cells, known, heap } = source;
    const text = cells.kind === 'number' ? numberText(cells.values[row]!, heap) : cells.ids[row]!;
    if (text === absent) return at;
    this.#reserve(at + 1);
    if (text >= known.length) this.#items.objects[at] = this.#add(source, text);
    else {
      if (known[text] === unknown) known[text] = this.#add(source, text);
      this.#items.objects[at] = known[text]!;
    }
    return at + 1;
  }

  #reserve(end: number): void {
    if (end > this.#items.objects.length) reserveItems(this.cells, end - this.cells.itemCount);
  }

  #add({ name, type, typeId }: Begun, value: number): number {
    const item = addObjects(this.#items, 1);
    const { object } = this.#items;
    object.present[item] = 1;
    const { names, types, values, typeIds } = this.#attributes;
    names.ids[item] = name;
    types.ids[item] = type;
    values.ids[item] = value;
    typeIds.values[item] = typeId;
    return item;
  }
}

const unknown = -2;

interface Attributes {
  readonly names: TextCells;
  readonly types: TextCells;
  readonly values: TextCells;
  readonly typeIds: NumberCells;
}

function attributesOf({ object }: SharedCells): Attributes {
  const named = Object.fromEntries(object.children.map(({ name, cells }) => [name, cells]));
  const { name, type, value, type_id } = named;
  return { names: name, types: type, values: value, typeIds: type_id } as Attributes;
}

function sameShares(one: Found, other: Found): boolean {
  const { shares } = other;
  return one.shares.length === shares.length && one.shares.every((cells, at) => cells === shares[at]);
}

interface Source {
  readonly path: string;
  readonly typeId: number;
  readonly caption: string;
  readonly found: Found;
  readonly known: NumberPool<Int32Array<ArrayBuffer>>;
  readonly starts: NumberPool<Int32Array<ArrayBuffer>>;
  readonly ends: NumberPool<Int32Array<ArrayBuffer>>;
}

/** A source in the batch at hand. */
interface Begun {
  readonly cells: TextCells | NumberCells;
  readonly list: ListCells | undefined;
  readonly name: number;
  readonly type: number;
  readonly typeId: number;
  /** By text: the item that was made of it. */
  readonly known: Int32Array;
  readonly heap: TextHeap;
}

/** Sources in the batch at hand, and by object that rows share the items that a row had of it. */
interface Stretch {
  readonly shares: readonly SharedCells[];
  readonly sources: readonly Begun[];
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Texts are worth remembering where others than those of rows' shared objects come again. */
function beginSource({ path, typeId, caption, found, known }: Source, making: Making): Begun {
  const { cells, list, shares } = found;
  const { heap } = making.columns;
  const size = shares.length === 0 && cells.kind === 'text' ? heap.size : 0;
  return {
    cells: cells as TextCells | NumberCells,
    list,
    name: making.textId(path),
    type: making.textId(caption),
    typeId,
    known: known.take(size).subarray(0, size).fill(unknown),
    heap,
  };
}

function numberText(value: number, heap: TextHeap): number {
  return Number.isNaN(value) ? absent : heap.addInteger(value);
}
