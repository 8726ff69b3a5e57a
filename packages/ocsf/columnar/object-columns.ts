import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, ExtraColumn, FieldColumn } from './activity-columns.ts';
import { ObjectField } from './object-field.ts';
import { absent, type TextHeap } from './text-heap.ts';

/**
 * The columns of decoded Avro records or parsed JSON objects. Row by row they say what `coerceActivity` says of the object.
 * Extras are in the order in which they first occur, those that are named like an array's index before all others.
 */
export function objectColumns(objects: readonly Readonly<Record<string, unknown>>[], heap: TextHeap): ActivityColumns {
  const columns = new ObjectColumns(objects.length, heap);
  for (let row = 0; row < objects.length; row++) columns.add(row, objects[row]!);
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
    const names = Object.keys(object);
    let before: ObjectField | undefined;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = object[name];
      if (value === null || value === '') continue;
      // Most objects have their fields in the order of the one before.
      let field = before?.next;
      if (field === undefined || field.name !== name) {
        field = this.#fieldOf(name);
        if (before !== undefined) before.next = field;
      }
      before = field;
      const entry = field.entryOf(value);
      if (entry >= 0) field.codes[row] = entry;
      if (entry < 0 || field.originals.size > 0) this.#keep(row, field, entry);
    }
  }

  finished(): ActivityColumns {
    const fields = new Map<AgentFieldName, FieldColumn>();
    for (const [name, field] of this.#fields) {
      if (field.size > 0) fields.set(name as AgentFieldName, field);
    }
    // In the order of an object's keys.
    const names = Object.keys(Object.fromEntries([...this.#extras.keys()].map((name) => [name, true])));
    const extras = names.map((name): ExtraColumn => ({ name, texts: this.#extras.get(name)! }));
    return { rows: this.#rows, fields, extras, heap: this.#heap };
  }

  #fieldOf(name: string): ObjectField {
    let field = this.#fields.get(name);
    if (field === undefined) {
      field = new ObjectField(name, this.#rows, this.#heap);
      this.#fields.set(name, field);
    }
    return field;
  }

  /** What is kept beside our fields, or instead of one. A name that comes twice has its last text, as in an object. */
  #keep(row: number, field: ObjectField, entry: number): void {
    const text = entry >= 0 ? (field.originals.get(entry) ?? absent) : field.keptText;
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
