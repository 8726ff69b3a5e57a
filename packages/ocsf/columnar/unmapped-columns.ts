import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Kept } from '../mapping/table.ts';
import { mappingTables } from '../mapping/tables.ts';
import { unmappedText } from '../unmapped.ts';
import type { FieldColumn } from './activity-columns.ts';
import type { Carried } from './carried.ts';
import { closeList, fill, type ListCells, listCells, reserveItems, textCells } from './cells.ts';
import type { Making } from './evaluate.ts';
import { type Key, keyOf } from './keys.ts';
import { absent } from './text-heap.ts';

/** The cells of `unmapped`: a map as a list of keys and values. */
export function unmappedCells(): ListCells {
  return listCells([
    { name: 'key', cells: textCells() },
    { name: 'value', cells: textCells() },
  ]);
}

/** A source of one entry of `unmapped`: what it is called, and its text in each row of the picks, or −1. */
interface Candidate {
  readonly key: number;
  readonly textOf: (pick: number, index: number) => number;
}

/**
 * Fills `unmapped`: in each row the fields that no column carries, then what is kept of others, then what never was a
 * field of ours. Its bounds are never met here: activities that are large enough go through the row interpreter.
 */
export function makeUnmapped(eventClass: EventClass, cells: ListCells, carried: Carried, making: Making): void {
  const left = leftOver(carried, making);
  const candidates = [...left.values(), ...keptOnes(eventClass, left, making), ...extras(making)];
  const keys = cells.items[0]!.cells as { ids: Int32Array };
  const values = cells.items[1]!.cells as { ids: Int32Array };
  const { picks, places } = making;
  fill(cells);
  for (let i = 0; i < picks.length; i++) {
    let at = reserveItems(cells, candidates.length);
    for (const { key, textOf } of candidates) {
      const text = textOf(picks[i]!, i);
      if (text === absent) continue;
      keys.ids[at] = key;
      values.ids[at] = text;
      at++;
    }
    cells.lists[places[i]!] = at === cells.itemCount ? absent : closeList(cells, at);
  }
}

function leftOver(carried: Carried, making: Making): Map<AgentFieldName, Candidate> {
  const left = new Map<AgentFieldName, Candidate>();
  for (const name of agentFieldNames) {
    const column = making.columns.fields.get(name);
    if (column === undefined) continue;
    const rows = carried.get(name);
    if (rows === true) continue;
    if (rows !== undefined && !somewhereLeft(column.codes, rows, making.picks)) continue;
    const { codes } = column;
    const texts = textsOf(column, making);
    const key = making.textId(name);
    const textOf =
      rows === undefined
        ? (pick: number) => (codes[pick]! < 0 ? absent : texts(codes[pick]!))
        : (pick: number, index: number) => (codes[pick]! < 0 || rows[index] === 1 ? absent : texts(codes[pick]!));
    left.set(name, { key, textOf });
  }
  return left;
}

function somewhereLeft(codes: Int32Array, rows: Uint8Array, picks: Int32Array): boolean {
  for (let i = 0; i < picks.length; i++) if (rows[i] === 0 && codes[picks[i]!]! >= 0) return true;
  return false;
}

/** By entry: its text, written when it is first asked for. */
function textsOf(column: FieldColumn, { columns }: Making): (entry: number) => number {
  const { texts, size, value } = column;
  if (texts !== undefined) return (entry) => texts[entry]!;
  const written = new Int32Array(size).fill(absent);
  return (entry) => {
    if (written[entry] === absent) written[entry] = columns.heap.add(unmappedText(value(entry)));
    return written[entry]!;
  };
}

function keptOnes(eventClass: EventClass, left: ReadonlyMap<AgentFieldName, Candidate>, making: Making): Candidate[] {
  const candidates: Candidate[] = [];
  const before = new Map<AgentFieldName, Candidate[]>();
  for (const kept of mappingTables[eventClass].kept) {
    if (!making.columns.fields.has(kept.kept)) continue;
    const texts = textsByCode(kept, making);
    if (texts === undefined) continue;
    const { codes } = texts.key;
    const others = [...(left.has(kept.kept) ? [left.get(kept.kept)!] : []), ...(before.get(kept.kept) ?? [])];
    const candidate: Candidate = {
      key: making.textId(kept.kept),
      textOf: (pick, index) => {
        const text = texts.ids[codes[pick]! + 1]!;
        if (text === absent) return absent;
        return others.some((other) => other.textOf(pick, index) !== absent) ? absent : text;
      },
    };
    before.set(kept.kept, [...(before.get(kept.kept) ?? []), candidate]);
    candidates.push(candidate);
  }
  return candidates;
}

/** What is kept by code + 1; undefined where nothing is. */
function textsByCode(kept: Kept, making: Making): { readonly key: Key; readonly ids: Int32Array } | undefined {
  const key = keyOf(making.columns, { uses: kept.uses, presenceOf: [] });
  const ids = new Int32Array(key.size + 1);
  let some = false;
  for (let code = -1; code < key.size; code++) {
    const text = kept.derive(key.activity(code));
    ids[code + 1] = text === undefined ? absent : making.textId(text);
    some ||= text !== undefined;
  }
  return some ? { key, ids } : undefined;
}

function extras(making: Making): Candidate[] {
  return making.columns.extras.map(({ name, texts }) => ({
    key: making.textId(name),
    textOf: (pick) => texts[pick]!,
  }));
}
