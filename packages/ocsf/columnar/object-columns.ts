import { agentFieldNames, coerceField, originalKey } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, ExtraColumn, FieldColumn, FieldValue } from './activity-columns.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** Texts longer than this hardly repeat: they aren't looked for. */
const longestSought = 512;

/**
 * The columns of decoded Avro records or parsed JSON objects. Row by row they say what `coerceActivity` says of the object.
 * Extras are in the order in which they first occur, those that are named like an array's index before all others.
 */
export function objectColumns(objects: readonly Readonly<Record<string, unknown>>[], heap: TextHeap): ActivityColumns {
  const columns = new ObjectColumns(objects.length, heap);
  for (const [row, object] of objects.entries()) columns.add(row, object);
  return columns.finished();
}

class ObjectColumns {
  readonly #rows: number;
  readonly #heap: TextHeap;
  readonly #fields = new Map<string, ObjectField>();
  readonly #extras = new Map<string, Int32Array>();

  constructor(rows: number, heap: TextHeap) {
    this.#rows = rows;
    this.#heap = heap;
  }

  add(row: number, object: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(object)) {
      const value = object[name];
      if (value === null || value === '') continue;
      let field = this.#fields.get(name);
      if (field === undefined) {
        field = new ObjectField(name, this.#rows, this.#heap);
        this.#fields.set(name, field);
      }
      const entry = field.entryOf(value);
      if (entry >= 0) field.codes[row] = entry;
      if (entry < 0 || field.hasOriginals) this.#keep(row, field, entry);
    }
  }

  finished(): ActivityColumns {
    const fields = new Map<AgentFieldName, FieldColumn>();
    for (const [name, field] of this.#fields) {
      if (field.size > 0) fields.set(name as AgentFieldName, field);
    }
    // As the keys of an object are ordered.
    const places = Object.keys(Object.fromEntries([...this.#extras.keys()].map((name) => [name, true])));
    const extras = places.map((name): ExtraColumn => ({ name, texts: this.#extras.get(name)! }));
    return { rows: this.#rows, fields, extras, heap: this.#heap };
  }

  /** What is kept beside our fields, or instead of one. A name that comes twice has its last text, as in an object. */
  #keep(row: number, field: ObjectField, entry: number): void {
    const text = entry >= 0 ? field.originalOf(entry) : field.keptText;
    if (text === absent) return;
    const name = entry >= 0 ? field.originalName : field.extraName;
    let texts = this.#extras.get(name);
    if (texts === undefined) {
      texts = new Int32Array(this.#rows).fill(absent);
      this.#extras.set(name, texts);
    }
    texts[row] = text;
  }
}

/** The values of one name. */
class ObjectField implements FieldColumn {
  size = 0;
  texts: Int32Array | undefined;
  numbers: Float64Array | undefined;
  /** The text that is kept of the last value that had no entry. */
  keptText = absent;
  hasOriginals = false;
  readonly codes: Int32Array;
  readonly extraName: string;
  readonly originalName: string;
  readonly value = (entry: number): FieldValue => this.#values[entry]!;
  readonly #name: string;
  readonly #ours: AgentFieldType | undefined;
  readonly #heap: TextHeap;
  readonly #values: FieldValue[] = [];
  readonly #originals = new Map<number, number>();
  /** By value, or a list's JSON: its entry; or −2 − the number of the text that is kept, and −1 for nothing. */
  readonly #found = new Map<unknown, number>();

  constructor(name: string, rows: number, heap: TextHeap) {
    this.#name = name;
    this.#ours = isOurs(name) ? agentFields[name].type : undefined;
    this.#heap = heap;
    this.codes = new Int32Array(rows).fill(absent);
    this.extraName = name.toWellFormed();
    this.originalName = originalKey(name);
    if (this.#ours === 'string' || this.#ours === 'long-id') this.texts = new Int32Array(rows);
    if (this.#ours === 'int' || this.#ours === 'time' || this.#ours === 'size') this.numbers = new Float64Array(rows);
  }

  /** The entry of a value, or −1: then `keptText` says what is kept of it. */
  entryOf(value: unknown): number {
    const isSought = typeof value === 'object' ? false : typeof value !== 'string' || value.length <= longestSought;
    const known = isSought ? this.#found.get(value) : undefined;
    const found = known ?? this.#made(value);
    if (known === undefined && isSought) this.#found.set(value, found);
    if (found >= 0) return found;
    this.keptText = -2 - found;
    return -1;
  }

  originalOf(entry: number): number {
    return this.#originals.get(entry) ?? absent;
  }

  #made(value: unknown): number {
    const coerced = coerceField(this.#name, value);
    if (coerced.is === 'absent') return -2 - absent;
    if (coerced.is === 'misfit') return -2 - this.#heap.add(coerced.text);
    const entry = this.size++;
    const fitting = coerced.value;
    this.#values.push(typeof fitting === 'object' ? Object.freeze(fitting) : fitting);
    if (this.texts !== undefined) this.texts[entry] = this.#heap.add(fitting as string);
    if (this.numbers !== undefined) this.numbers[entry] = fitting as number;
    if (coerced.original !== undefined) {
      this.hasOriginals = true;
      this.#originals.set(entry, this.#heap.add(coerced.original));
    }
    return entry;
  }
}

const ourNames: ReadonlySet<string> = new Set(agentFieldNames);

function isOurs(name: string): name is AgentFieldName {
  return ourNames.has(name);
}
