import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { agentFieldNames } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { Kept } from '../mapping/table.ts';
import { mappingTables } from '../mapping/tables.ts';
import { unmappedText } from '../unmapped.ts';
import type { Carried } from './carried.ts';
import { closeList, fill, type ListCells, listCells, reserveItems, type TextCells, textCells } from './cells.ts';
import { type Key, keyOf } from './keys.ts';
import type { Making } from './making.ts';
import { absent } from './text-heap.ts';

/** The cells of `unmapped`: a map as a list of keys and values. */
export function unmappedCells(): ListCells {
  return listCells([
    { name: 'key', cells: textCells() },
    { name: 'value', cells: textCells() },
  ]);
}

/** A source of one entry of `unmapped`. */
interface Candidate {
  /** The text of its name. */
  readonly key: number;
  readonly codes: Int32Array;
  /** By code + 1: its text, −1 for none, −2 where `write` has to make it. */
  readonly texts: Int32Array;
  readonly write: (code: number) => number;
  /** Only in the rows in which `rows` says this; in all where there are none. */
  readonly rows: Uint8Array | undefined;
  readonly where: number;
  /** Whether another candidate before it has the same name. */
  readonly isRepeated: boolean;
}

const pending = -2;

/**
 * Fills `unmapped`: in each row the fields that no column carries, then what is kept of others, then what never was a
 * field of ours. Its bounds are never met here: activities that are large enough go through the row interpreter.
 */
export function makeUnmapped(eventClass: EventClass, cells: ListCells, carried: Carried, making: Making): void {
  const left = leftOver(carried, making);
  const candidates = [...left, ...keptOnes(eventClass, carried, making), ...extras(making)];
  const keys = cells.items[0]!.cells as TextCells;
  const values = cells.items[1]!.cells as TextCells;
  const { picks, places } = making;
  fill(cells);
  for (let i = 0; i < picks.length; i++) {
    const first = reserveItems(cells, candidates.length);
    let at = first;
    for (let c = 0; c < candidates.length; c++) {
      const candidate = candidates[c]!;
      if (candidate.rows !== undefined && candidate.rows[i] !== candidate.where) continue;
      const code = candidate.codes[picks[i]!]! + 1;
      let text = candidate.texts[code]!;
      if (text === absent) continue;
      if (text === pending) text = candidate.texts[code] = candidate.write(code - 1);
      if (candidate.isRepeated && keys.ids.subarray(first, at).includes(candidate.key)) continue;
      keys.ids[at] = candidate.key;
      values.ids[at] = text;
      at++;
    }
    if (at > first) cells.lists[places[i]!] = closeList(cells, at);
  }
}

const neverWritten = () => absent;

function leftOver(carried: Carried, making: Making): Candidate[] {
  const left: Candidate[] = [];
  for (const name of agentFieldNames) {
    const column = making.columns.fields.get(name);
    const rows = carried.get(name);
    if (column === undefined || rows === true) continue;
    if (rows !== undefined && !somewhereLeft(column.codes, rows, making.picks)) continue;
    const { codes, size, texts, numbers, value } = column;
    const byCode = new Int32Array(size + 1).fill(pending);
    byCode[0] = absent;
    if (texts !== undefined) byCode.set(texts.subarray(0, size), 1);
    const { heap } = making.columns;
    const write = (code: number) => (numbers ? heap.addInteger(numbers[code]!) : heap.add(unmappedText(value(code))));
    left.push({ key: making.textId(name), codes, texts: byCode, write, rows, where: 0, isRepeated: false });
  }
  return left;
}

function somewhereLeft(codes: Int32Array, rows: Uint8Array, picks: Int32Array): boolean {
  for (let i = 0; i < picks.length; i++) if (rows[i] === 0 && codes[picks[i]!]! >= 0) return true;
  return false;
}

/** What is kept of fields where a column carries them: elsewhere they are left over as a whole. */
function keptOnes(eventClass: EventClass, carried: Carried, making: Making): Candidate[] {
  const candidates: Candidate[] = [];
  const names = new Set<AgentFieldName>();
  for (const kept of mappingTables[eventClass].kept) {
    const rows = carried.get(kept.kept);
    if (!making.columns.fields.has(kept.kept) || rows === undefined) continue;
    const found = textsByCode(kept, making);
    if (found === undefined) continue;
    candidates.push({
      key: making.textId(kept.kept),
      codes: found.key.codes,
      texts: found.texts,
      write: neverWritten,
      rows: rows === true ? undefined : rows,
      where: 1,
      isRepeated: names.has(kept.kept),
    });
    names.add(kept.kept);
  }
  return candidates;
}

/** What is kept by code + 1; undefined where nothing is. */
function textsByCode(kept: Kept, making: Making): { readonly key: Key; readonly texts: Int32Array } | undefined {
  const key = keyOf(making.columns, { uses: kept.uses, presenceOf: [] });
  const texts = new Int32Array(key.size + 1);
  if (kept.unlessDigits !== undefined) {
    const column = making.columns.fields.get(kept.kept)!;
    const whole = making.wholeDigests(kept.kept, kept.unlessDigits);
    texts[0] = absent;
    for (let entry = 0; entry < key.size; entry++)
      texts[entry + 1] = whole[entry] === 1 ? absent : column.texts![entry]!;
    return whole.every((is) => is === 1) ? undefined : { key, texts };
  }
  let some = false;
  for (let code = -1; code < key.size; code++) {
    const text = kept.derive(key.activity(code));
    texts[code + 1] = text === undefined ? absent : making.textId(text);
    some ||= text !== undefined;
  }
  return some ? { key, texts } : undefined;
}

/** Their texts are by row already: the codes are the rows. */
function extras(making: Making): Candidate[] {
  const { columns } = making;
  const rows = columns.extras.length === 0 ? undefined : Int32Array.from({ length: columns.rows }, (_, row) => row);
  return columns.extras.map(({ name, texts }) => {
    const byCode = new Int32Array(columns.rows + 1);
    byCode.set(texts.subarray(0, columns.rows), 1);
    return {
      key: making.textId(name),
      codes: rows!,
      texts: byCode,
      write: neverWritten,
      rows: undefined,
      where: 0,
      isRepeated: false,
    };
  });
}
