import { originalKey } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import type { ActivityColumns, ExtraColumn, FieldColumn } from './activity-columns.ts';
import { type FieldInput, type ReadRecords, type Run, readFunction } from './avro-code.ts';
import { byteEntries, type EntryReader, longEntries } from './avro-entries.ts';
import { RunPlan } from './avro-runs.ts';
import { type AvroField, type AvroType, avroFields } from './avro-type.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { separate, spread } from './entries.ts';
import { isOurs, ourNames } from './field-names.ts';
import { LongDictionary } from './long-dictionary.ts';
import { NumberPool } from './number-pool.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** What was read of a batch of values. Valid until the same reader reads the next one. */
export interface AvroRead {
  readonly columns: ActivityColumns;
  /** By row: the number of its value. */
  readonly rows: Int32Array;
  /** The numbers of values that this reader can't read, in order: the registry's decoder may or may not. */
  readonly unread: number[];
}

/** Reads values written by one schema. */
export interface AvroColumnReader {
  /**
   * Reads those of `values` whose numbers are listed in `which`, one row for each in that order. The Avro bytes begin at
   * `skip`. Row by row the columns say what `coerceActivity` says of the value as avsc decodes it with exact longs, where
   * a field whose alias is one of our names has that name. Holds on to none of the values; never throws for their bytes.
   */
  read(values: readonly (Uint8Array | null)[], which: Int32Array, skip: number, heap: TextHeap): AvroRead;
}

/**
 * A reader for a writer's schema, as resolved JSON. Undefined where the schema is one that this reader doesn't support: the
 * registry's decoder and `objectColumns` do. `seed` is any 32-bit number, best one that outsiders don't know.
 */
export function avroColumnReader(writerSchema: unknown, seed = 0x2545f491): AvroColumnReader | undefined {
  const fields = avroFields(writerSchema);
  return fields && new CompiledReader(fields, seed);
}

interface ReaderField extends FieldInput {
  readonly name: string;
  readonly ours: AgentFieldName | undefined;
  readonly entries: EntryReader;
  readonly codesPool: NumberPool<Int32Array<ArrayBuffer>>;
  readonly keptPool: NumberPool<Int32Array<ArrayBuffer>>;
  readonly originalsPool: NumberPool<Int32Array<ArrayBuffer>>;
}

/** Bytes behind a record that the generated function may look at, for each of the fields; and for comparing. */
const slackPerField = 16;
const slackMin = 256;
/** Records that are copied before they are read: few enough to be in the processor's cache still. */
const stride = 32;

class CompiledReader implements AvroColumnReader {
  readonly #fields: readonly ReaderField[];
  readonly #plan: RunPlan;
  #runs: readonly Run[] = [];
  #readRecords: ReadRecords;
  readonly #begins = new NumberPool(Int32Array);
  readonly #numbers = new NumberPool(Int32Array);
  readonly #rows = new NumberPool(Int32Array);

  constructor(fields: readonly AvroField[], seed: number) {
    this.#fields = named(fields).map(({ name, ours, type }) => readerField(name, ours, type, seed));
    this.#plan = new RunPlan(seed);
    this.#readRecords = readFunction(this.#fields, []);
  }

  read(values: readonly (Uint8Array | null)[], which: Int32Array, skip: number, heap: TextHeap): AvroRead {
    const unread: number[] = [];
    const numbers = this.#numbers.take(which.length);
    const begins = this.#begins.take(which.length + 1);
    const count = this.#place(values, which, skip, heap, { numbers, begins, unread });
    this.#begin(heap.view, count);
    const rows = this.#rows.take(count);
    const fail = (record: number, row: number) => {
      unread.push(numbers[record]!);
      this.#forget(row);
    };
    const { bytes } = heap;
    const input = { bytes, begins, gap: skip };
    let rowCount = 0;
    for (let from = 0; from < count; from += stride) {
      const to = Math.min(count, from + stride);
      // With its header: a view of what is behind that would be one more object per record.
      for (let record = from; record < to; record++) bytes.set(values[numbers[record]!]!, begins[record]! - skip);
      rowCount = this.#readRecords(input, from, to, rowCount, rows, fail);
    }
    for (let row = 0; row < rowCount; row++) rows[row] = numbers[rows[row]!]!;
    this.#spreadRuns(rowCount);
    this.#planAgain(rowCount);
    const columns = this.#columns(rowCount, heap);
    return { columns, rows: rows.subarray(0, rowCount), unread: unread.sort((one, other) => one - other) };
  }

  /**
   * Gives each record a place in the heap, side by side: there it is copied, so that texts are parts of it, and no
   * record's buffer is held. Answers how many there are.
   */
  #place(
    values: readonly (Uint8Array | null)[],
    which: Int32Array,
    skip: number,
    heap: TextHeap,
    { numbers, begins, unread }: { numbers: Int32Array; begins: Int32Array; unread: number[] },
  ): number {
    let length = 0;
    for (let i = 0; i < which.length; i++) length += values[which[i]!]?.length ?? 0;
    let at = heap.claim(length + skip + Math.max(slackMin, this.#fields.length * slackPerField));
    let count = 0;
    for (let i = 0; i < which.length; i++) {
      const value = values[which[i]!];
      if (value === undefined || value === null || value.length < skip) {
        unread.push(which[i]!);
        continue;
      }
      numbers[count] = which[i]!;
      begins[count++] = at + skip;
      at += value.length;
    }
    begins[count] = at + skip;
    return count;
  }

  #begin(view: DataView, count: number): void {
    for (const field of this.#fields) {
      field.dictionary.begin(view);
      field.codes = field.codesPool.take(count).fill(absent, 0, count);
    }
    for (const { runs } of this.#runs) runs.begin(view, count);
  }

  /** A broken record's row is used for the next one: nothing of it may be left. */
  #forget(row: number): void {
    for (const { codes } of this.#fields) codes[row] = absent;
    for (const { runs } of this.#runs) runs.clear();
  }

  /** Gives rows whose run was not parsed the codes of the row in which the same bytes were. */
  #spreadRuns(rows: number): void {
    for (const { from, to, runs } of this.#runs) {
      const { firstRow } = runs;
      for (let i = from; i < to; i++) {
        const { codes, dictionary } = this.#fields[i]!;
        if (dictionary.size === 0) continue;
        for (let row = 0; row < rows; row++) codes[row] = codes[firstRow[row]!]!;
      }
    }
  }

  #planAgain(rows: number): void {
    const runs = this.#plan.next(this.#fields, rows);
    if (runs === undefined) return;
    this.#runs = runs;
    this.#readRecords = readFunction(this.#fields, runs);
  }

  #columns(rows: number, heap: TextHeap): ActivityColumns {
    const fields = new Map<AgentFieldName, FieldColumn>();
    const extras: ExtraColumn[] = [];
    for (const field of this.#fields) {
      const { dictionary, codes, ours } = field;
      const { size } = dictionary;
      if (size === 0) continue;
      const { texts, numbers, value, kept, originals } = field.entries(heap);
      if (kept !== undefined) {
        const extra = field.keptPool.take(rows).fill(absent, 0, rows);
        if (separate(codes, kept, extra, rows)) extras.push({ name: field.name, texts: extra });
      }
      if (originals !== undefined) {
        const extra = field.originalsPool.take(rows).fill(absent, 0, rows);
        if (spread(codes, originals, extra, rows)) extras.push({ name: originalKey(field.name), texts: extra });
      }
      if (ours !== undefined) fields.set(ours, { codes, size, texts, numbers, value });
    }
    return { rows, fields, extras, heap };
  }
}

/** The fields with the names that we read them by. */
function named(fields: readonly AvroField[]): { name: string; ours: AgentFieldName | undefined; type: AvroType }[] {
  const names = ourNames(fields);
  return fields.map(({ type }, at) => ({ name: names[at]!, ours: isOurs(names[at]!) ? names[at]! : undefined, type }));
}

function readerField(name: string, ours: AgentFieldName | undefined, type: AvroType, seed: number): ReaderField {
  const { value, tags } = withoutNull(type);
  return {
    name,
    ours,
    type: value,
    tags,
    ...interned(name, value, seed),
    codes: new Int32Array(0),
    codesPool: new NumberPool(Int32Array),
    keptPool: new NumberPool(Int32Array),
    originalsPool: new NumberPool(Int32Array),
  };
}

function interned(name: string, type: AvroType, seed: number): Pick<ReaderField, 'dictionary' | 'entries'> {
  if (type.kind === 'int' || type.kind === 'long') {
    const dictionary = new LongDictionary(seed);
    return { dictionary, entries: longEntries(name, dictionary) };
  }
  const dictionary = new ByteDictionary(seed, { looksForAscii: type.kind === 'string' });
  return { dictionary, entries: byteEntries(name, type, dictionary) };
}

/** A union of null and one type is that type, with a byte before it. */
function withoutNull(type: AvroType): { value: AvroType; tags: FieldInput['tags'] } {
  if (type.kind !== 'union' || type.branches.length !== 2) return { value: type, tags: undefined };
  const none = type.branches.findIndex(({ kind }) => kind === 'null');
  if (none < 0) return { value: type, tags: undefined };
  return { value: type.branches[1 - none]!, tags: { none: none * 2, some: (1 - none) * 2 } };
}
