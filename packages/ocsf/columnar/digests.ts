import type { Digest } from '../mapping/table.ts';
import type { FieldColumn } from './activity-columns.ts';
import { closeList, type ListCells, reserveItems } from './cells.ts';
import type { Key } from './keys.ts';
import type { Making } from './making.ts';
import { addList } from './row-cells.ts';
import { absent, type TextHeap } from './text-heap.ts';

const highBits = 0x80808080 | 0;

/** True for four bytes that are hex digits. Sets the high bit of each byte that is one: below 128, no sum carries into the next. */
function areHexDigits(bytes: number): boolean {
  if ((bytes & highBits) !== 0) return false;
  const decimal = (bytes + 0x50505050) & ~(bytes + 0x46464646);
  const lower = bytes | 0x20202020;
  const letter = (lower + 0x1f1f1f1f) & ~(lower + 0x19191919);
  return ((decimal | letter) & highBits) === highBits;
}

/** True for a text of exactly `digits` hex digits, a multiple of four. */
function isHexText({ view, starts, ends }: TextHeap, id: number, digits: number): boolean {
  const from = starts[id]!;
  const to = ends[id]!;
  if (to - from !== digits) return false;
  for (let at = from; at < to; at += 4) if (!areHexDigits(view.getInt32(at, true))) return false;
  return true;
}

/** By entry of a text field: 1 where it has exactly so many hex digits. */
export function wholeDigests({ size, texts }: FieldColumn, digits: number, heap: TextHeap): Uint8Array {
  const whole = new Uint8Array(size);
  for (let entry = 0; entry < size; entry++) whole[entry] = isHexText(heap, texts![entry]!, digits) ? 1 : 0;
  return whole;
}

/**
 * By code + 1: the list of the digests that are whole, or −1. Constants are written once, and values are the fields' own
 * texts: no object is made.
 */
export function findDigests(
  cells: ListCells,
  digests: readonly Digest[],
  key: Key,
  making: Making,
  ids: Int32Array,
  wanted: Uint8Array | undefined,
): void {
  const sources = digests.flatMap(({ field, digits, constants }) => {
    const column = making.columns.fields.get(field);
    if (column?.texts === undefined) return [];
    const whole = making.wholeDigests(field, digits);
    return [{ field, texts: column.texts, whole, model: modelOf(cells, constants, making) }];
  });
  const value = cells.items.at(-1)!.cells as { ids: Int32Array };
  ids[0] = absent;
  for (let code = 0; code < key.size; code++) {
    if (wanted?.[code + 1] === 0) {
      ids[code + 1] = absent;
      continue;
    }
    let at = reserveItems(cells, sources.length);
    for (let source = 0; source < sources.length; source++) {
      const { field, texts, whole, model } = sources[source]!;
      const entry = key.entry(code, field);
      if (entry < 0 || whole[entry] === 0) continue;
      copyItem(cells, model, at);
      value.ids[at] = texts[entry]!;
      at++;
    }
    ids[code + 1] = at === cells.itemCount ? absent : closeList(cells, at);
  }
}

/** Puts the constants of an item into a list of its own, and answers where. */
function modelOf(cells: ListCells, constants: Digest['constants'], { columns }: Making): number {
  const list = addList(cells, [constants], columns.heap);
  return cells.starts[list]!;
}

function copyItem({ items }: ListCells, from: number, to: number): void {
  for (let at = 0; at < items.length - 1; at++) {
    const { cells } = items[at]!;
    if (cells.kind === 'text') cells.ids[to] = cells.ids[from]!;
    else if (cells.kind === 'number') cells.values[to] = cells.values[from]!;
  }
}
