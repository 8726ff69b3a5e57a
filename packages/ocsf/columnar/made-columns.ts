import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { MessagePart, Observable } from '../mapping/table.ts';
import {
  type Cells,
  closeList,
  fill,
  type ListCells,
  listCells,
  numberCells,
  reserveItems,
  textCells,
} from './cells.ts';
import type { Making } from './evaluate.ts';
import { type KeyFields, keyOf } from './keys.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** Finds the cells of a path of scalars: `device.hostname`, or `answers[].rdata` for an attribute of a list's items. */
export type CellsAt = (path: string) => { readonly cells: Cells; readonly list: ListCells | undefined };

/** A sentence about each row, put together of words and of the values of other columns. */
export class MessageColumn {
  readonly cells = textCells();
  readonly #pieces: readonly Piece[];

  constructor(parts: readonly MessagePart[], cellsAt: CellsAt) {
    this.#pieces = parts.map((part) => {
      if (typeof part === 'string') return { kind: 'words', words: part };
      if ('column' in part) return { kind: 'column', cells: cellsAt(part.column).cells, otherwise: part.otherwise };
      return { kind: 'derived', fields: { uses: part.uses, presenceOf: [] }, derive: part.derive };
    });
  }

  make(making: Making): void {
    const texts = this.#pieces.map((piece) => textsOf(piece, making));
    const { heap } = making.columns;
    const { places, picks } = making;
    fill(this.cells);
    for (let i = 0; i < places.length; i++) {
      let length = 0;
      for (; length < texts.length; length++) chosen[length] = texts[length]!(picks[i]!, places[i]!);
      this.cells.ids[places[i]!] = joined(heap, chosen, length);
    }
  }
}

type Piece =
  | { readonly kind: 'words'; readonly words: string }
  | { readonly kind: 'column'; readonly cells: Cells; readonly otherwise: string }
  | {
      readonly kind: 'derived';
      readonly fields: KeyFields;
      readonly derive: Extract<MessagePart, { rule: string }>['derive'];
    };

const chosen = new Int32Array(64);

/** The number of a piece's text in a row. */
function textsOf(piece: Piece, making: Making): (pick: number, place: number) => number {
  if (piece.kind === 'words') {
    const id = making.textId(piece.words);
    return () => id;
  }
  if (piece.kind === 'column') {
    const own = cellTexts(piece.cells, making);
    const otherwise = making.textId(piece.otherwise);
    return (_pick, place) => {
      const id = own(place);
      return id === absent ? otherwise : id;
    };
  }
  const { codes, size, activity } = keyOf(making.columns, piece.fields);
  const ids = new Int32Array(size + 1);
  for (let code = -1; code < size; code++) ids[code + 1] = making.textId(piece.derive(activity(code), making.facts));
  return (pick) => ids[codes[pick]! + 1]!;
}

/** The text of a scalar cell, or −1 for null; numbers are written out. */
function cellTexts(cells: Cells, { columns }: Making): (place: number) => number {
  if (!cells.filled) return () => absent;
  if (cells.kind === 'text') return (place) => cells.ids[place]!;
  if (cells.kind !== 'number') throw new TypeError('a message is made of scalars');
  return (place) => {
    const value = cells.values[place]!;
    return Number.isNaN(value) ? absent : columns.heap.addInteger(value);
  };
}

/** The texts one after the other, as a new one. */
function joined(heap: TextHeap, ids: Int32Array, count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) length += heap.ends[ids[i]!]! - heap.starts[ids[i]!]!;
  const start = heap.reserve(length);
  const { bytes, starts, ends } = heap;
  let at = start;
  for (let i = 0; i < count; i++) {
    const from = starts[ids[i]!]!;
    const to = ends[ids[i]!]!;
    if (to - from > 64) {
      bytes.copyWithin(at, from, to);
      at += to - from;
    } else for (let byte = from; byte < to; byte++) bytes[at++] = bytes[byte]!;
  }
  return heap.added(start, length);
}

/** The values of a row that analysts pivot on, each with the path of its column and the kind of value. */
export class ObservablesColumn {
  readonly cells: ListCells;
  readonly #sources: readonly Source[];

  constructor(
    observables: readonly Observable[],
    version: OcsfVersion,
    captions: Readonly<Record<number, string>>,
    cellsAt: CellsAt,
    items: readonly string[],
  ) {
    this.cells = listCells(items.map((name) => ({ name, cells: name === 'type_id' ? numberCells() : textCells() })));
    this.#sources = observables
      .filter(({ since }) => (since ?? '') <= version)
      .map(({ path, typeId }) => ({ path, typeId, caption: captions[typeId]!, ...cellsAt(path) }));
  }

  make(making: Making): void {
    const { heap } = making.columns;
    const { cells } = this;
    fill(cells);
    const there = this.#sources.filter((source) => (source.list ?? source.cells).filled);
    const sources = there.map((source) => ({
      ...source,
      name: making.textId(source.path),
      type: making.textId(source.caption),
    }));
    const write = this.#writer();
    const { places } = making;
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      let at = cells.itemCount;
      for (let s = 0; s < sources.length; s++) {
        const source = sources[s]!;
        const { list } = source;
        const number = list === undefined ? 0 : list.lists[place]!;
        if (number === absent) continue;
        const from = list === undefined ? place : list.starts[number]!;
        const to = list === undefined ? place + 1 : list.ends[number]!;
        for (let item = from; item < to; item++) {
          const value = valueAt(source.cells, item, heap);
          if (value !== absent) write(at++, source, value);
        }
      }
      cells.lists[place] = at === cells.itemCount ? absent : closeList(cells, at);
    }
  }

  #writer(): (at: number, source: Source & { name: number; type: number }, value: number) => void {
    const { cells } = this;
    const named = Object.fromEntries(cells.items.map((item) => [item.name, item.cells]));
    const [name, type, value] = [named.name, named.type, named.value] as { ids: Int32Array }[];
    const typeId = named.type_id as { values: Float64Array };
    return (at, source, id) => {
      if (at >= name!.ids.length) reserveItems(cells, at + 1 - cells.itemCount);
      name!.ids[at] = source.name;
      type!.ids[at] = source.type;
      value!.ids[at] = id;
      typeId.values[at] = source.typeId;
    };
  }
}

interface Source {
  readonly path: string;
  readonly typeId: number;
  readonly caption: string;
  readonly cells: Cells;
  readonly list: ListCells | undefined;
}

function valueAt(cells: Cells, row: number, heap: TextHeap): number {
  if (cells.kind === 'text') return cells.ids[row]!;
  const value = (cells as { values: Float64Array }).values[row]!;
  return Number.isNaN(value) ? absent : heap.addInteger(value);
}
