import type { MessagePart } from '../mapping/table.ts';
import { fill, textCells } from './cells.ts';
import { type CellsAt, type Found, isThere, rowOf } from './found.ts';
import { type KeyFields, keyOf } from './keys.ts';
import type { Making } from './making.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** A sentence about each row, put together of words and of the values of other columns. */
export class MessageColumn {
  readonly cells = textCells();
  readonly #pieces: readonly Piece[];

  constructor(parts: readonly MessagePart[], cellsAt: CellsAt) {
    this.#pieces = parts.map((part) => {
      if (typeof part === 'string') return { kind: 'words', words: part };
      if ('column' in part) return { kind: 'column', found: cellsAt(part.column), otherwise: part.otherwise };
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
  | { readonly kind: 'column'; readonly found: Found; readonly otherwise: string }
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
    const own = cellTexts(piece.found, making);
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
function cellTexts(found: Found, { columns }: Making): (place: number) => number {
  const { cells, shares } = found;
  if (!isThere(found)) return () => absent;
  if (cells.kind === 'text') {
    return (place) => {
      const row = shares.length === 0 ? place : rowOf(found, place);
      return row === absent ? absent : cells.ids[row]!;
    };
  }
  if (cells.kind !== 'number') throw new TypeError('a message is made of scalars');
  return (place) => {
    const row = rowOf(found, place);
    const value = row === absent ? Number.NaN : cells.values[row]!;
    return Number.isNaN(value) ? absent : columns.heap.addInteger(value);
  };
}

/** The texts one after the other, as a new one. */
function joined(heap: TextHeap, ids: Int32Array, count: number): number {
  let length = 0;
  for (let i = 0; i < count; i++) length += heap.ends[ids[i]!]! - heap.starts[ids[i]!]!;
  const start = heap.reserve(length);
  const { view, starts, ends } = heap;
  let at = start;
  for (let i = 0; i < count; i++) {
    let from = starts[ids[i]!]!;
    const end = at + ends[ids[i]!]! - from;
    // In steps of 8 bytes, beyond the end: the next one overwrites that, and behind the last there is room.
    for (; at < end; at += 8, from += 8) view.setBigInt64(at, view.getBigInt64(from, true), true);
    at = end;
  }
  return heap.added(start, length);
}
