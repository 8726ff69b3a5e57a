import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type Activity, activitySchema, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import type { Type } from 'avsc';
import { normalise } from '../normalise.ts';
import { type RandomActivity, randomActivities, randomNow } from '../random-activities.fixture.ts';
import { avroForm } from '../random-avro.fixture.ts';
import { randomRepeats } from '../random-repeats.fixture.ts';
import type { ActivityColumns } from './activity-columns.ts';
import { type AvroColumnReader, avroColumnReader } from './avro-columns.ts';
import { exactType } from './avro-schemas.fixture.ts';
import { objectColumns } from './object-columns.ts';
import { columnsBytesMax, OcsfRows } from './ocsf-rows.ts';
import { rowOf } from './row-of.fixture.ts';
import { TextHeap } from './text-heap.ts';

/** Which activities, in batches of how many. */
export interface ColumnsRun {
  readonly seed: number;
  readonly count: number;
  readonly batchSizes: readonly number[];
  readonly timeoutMs: number;
}

/**
 * Declares the promise of the columns: of random activities, in Avro by three schemas and in JSON, mixed in one batch,
 * they say value for value what the row interpreter says, and refuse what it refuses.
 */
export function columnsSayWhatRowsSay({ seed, count, batchSizes, timeoutMs }: ColumnsRun): void {
  describe(`columns of ${count} random activities of seed ${seed}`, () => {
    it.each(batchSizes)(
      'say_what_the_row_interpreter_says_in_batches_of_%i',
      (size) => {
        const checkers = new Map(
          eventClassNames.map((eventClass) => [eventClass, columnsChecker(eventClass, randomNow)]),
        );
        let checked = 0;
        for (const batch of batchesOf(randomActivities(seed, count), size)) {
          checked += checkers.get(batch[0]!.eventClass)!(batch.map(({ raw }) => raw));
        }
        expect(checked).toBeGreaterThan(count * ocsfVersions.length * 0.5);
      },
      timeoutMs,
    );
  });
}

/** Declares the same of activities whose parts come again and again: of those, rows share objects. */
export function repeatsSayWhatRowsSay({ seed, count, batchSizes, timeoutMs }: ColumnsRun): void {
  describe(`columns of ${count} activities of each class made of few parts, of seed ${seed}`, () => {
    it.each(batchSizes)(
      'say_what_the_row_interpreter_says_in_batches_of_%i',
      (size) => {
        let checked = 0;
        for (const { eventClass, raws } of randomRepeats(seed, count)) {
          const check = columnsChecker(eventClass, randomNow);
          for (let at = 0; at < raws.length; at += size) checked += check(raws.slice(at, at + size));
        }
        expect(checked).toBeGreaterThan(count * eventClassNames.length * ocsfVersions.length * 0.5);
      },
      timeoutMs,
    );
  });
}

/** An event as parsed JSON. */
type Raw = Readonly<Record<string, unknown>>;

/**
 * Checks batches of activities of one class, in both versions: expects every row to be what the row interpreter makes of
 * it, at the clock `now` (ms), and answers how many rows there were.
 */
export function columnsChecker(eventClass: EventClass, now: number): (raws: readonly Raw[]) => number {
  const writers = writersOf(eventClass);
  const rows = ocsfVersions.map((version) => new OcsfRows(eventClass, version));
  const heap = new TextHeap();
  return (raws) => {
    const sources = raws.map((raw, index) => sourceOf(eventClass, raw, writers, index));
    return rows.reduce((checked, own) => checked + compare(own, sources, writers, heap, now), 0);
  };
}

/** Batches of one class each, none empty. */
function* batchesOf(activities: Iterable<RandomActivity>, size: number): Generator<RandomActivity[]> {
  const open = new Map<EventClass, RandomActivity[]>();
  for (const one of activities) {
    const batch = open.get(one.eventClass) ?? [];
    batch.push(one);
    open.set(one.eventClass, batch.length < size ? batch : []);
    if (batch.length === size) yield batch;
  }
  for (const batch of open.values()) if (batch.length > 0) yield batch;
}

interface Writer {
  readonly type: Type;
  readonly reader: AvroColumnReader;
}

/** Of the class's schema, of one with fewer fields in another order, and of one with a field renamed and one more. */
function writersOf(eventClass: EventClass): Writer[] {
  const schema = activitySchema(eventClass);
  const fields = schema.fields as readonly { readonly name: string; readonly default?: null }[];
  const fewer = fields.filter(({ default: none }, at) => none !== null || at % 5 !== 0).toReversed();
  const renamed = fields.map((field) =>
    field.name === 'processCmd' ? { ...field, name: 'processCommandLine', aliases: ['processCmd'] } : field,
  );
  const more = [...renamed, { name: 'newField', type: ['null', 'string'], default: null }];
  return [fields, fewer, more].map((own) => {
    const type = exactType({ ...schema, fields: own });
    return { type, reader: avroColumnReader(type.schema({ exportAttrs: true }))! };
  });
}

/** One event as it comes, and what the registry's decoder and `coerceActivity` make of it. */
interface Source {
  /** Which writer wrote it; undefined for JSON. */
  readonly writer: number | undefined;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>>;
  readonly activity: Activity;
}

function sourceOf(eventClass: EventClass, raw: Raw, writers: readonly Writer[], index: number): Source {
  const form = index % 4 === 3 ? undefined : avroForm(eventClass, raw);
  if (form === undefined) {
    const text = jsonOf(raw);
    const json: Raw = text === undefined ? raw : JSON.parse(text);
    return { writer: undefined, bytes: Buffer.from(text ?? ''), json, activity: coerceActivity(json) };
  }
  const writer = index % writers.length;
  const { type } = writers[writer]!;
  const { processCmd } = form as { processCmd?: string };
  const written = { ...form, processCommandLine: processCmd, newField: index % 2 === 0 ? `new ${index}` : null };
  const avro = type.toBuffer(written);
  const { processCommandLine, ...decoded } = type.fromBuffer(avro);
  const activity = coerceActivity(
    processCommandLine === undefined ? decoded : { ...decoded, processCmd: processCommandLine },
  );
  return { writer, bytes: Buffer.concat([Buffer.alloc(5), avro]), json: {}, activity };
}

/** Undefined where it is nested too deeply to be written. */
function jsonOf(raw: Raw): string | undefined {
  try {
    return JSON.stringify(raw);
  } catch {
    return undefined;
  }
}

/** Makes the columns of a batch and compares each row; answers how many rows there were. */
function compare(
  rows: OcsfRows,
  sources: readonly Source[],
  writers: readonly Writer[],
  heap: TextHeap,
  now: number,
): number {
  const { eventClass, version } = rows;
  heap.clear();
  rows.begin(heap, sources.length);
  const expected = sources.map(({ activity }) => normalise(eventClass, version, activity, { now }));
  const refused = new Map<number, string>();
  for (const { columns, places } of chunksOf(sources, writers, heap)) {
    const picks = Int32Array.from(places.keys());
    const clocks = new Float64Array(places.length).fill(now);
    for (const { place, fault, reason } of rows.add(columns, picks, places, clocks))
      refused.set(place, `${fault} ${reason}`);
  }
  const made: number[] = [];
  for (const [place, outcome] of expected.entries()) {
    const isLarge = sources[place]!.bytes.length > columnsBytesMax;
    if (isLarge && outcome.outcome === 'ok') rows.addRow(place, outcome.value.values);
    if (outcome.outcome === 'ok') made.push(place);
    else if (outcome.outcome === 'reject' && !isLarge) {
      expect({ place, refusal: refused.get(place) }).toEqual({ place, refusal: `${outcome.fault} ${outcome.reason}` });
      refused.delete(place);
    }
  }
  expect([...refused]).toEqual([]);
  checkRows(rows, made, expected);
  return made.length;
}

function checkRows(rows: OcsfRows, made: readonly number[], expected: readonly ReturnType<typeof normalise>[]): void {
  if (made.length === 0) return;
  for (const place of made) {
    rows.setOrigin(place, {
      registration: `012345678901/${rows.eventClass}`,
      generation: 1,
      sourcePartition: 0,
      sourceOffset: place,
      sourceEpoch: 0,
      objectAccount: 'external_012345678901',
    });
  }
  const batch = rows.handoffBatch(Int32Array.from(made));
  for (const [row, place] of made.entries()) {
    const { registration, generation, sourcePartition, sourceOffset, sourceEpoch, objectAccount, ...own } = rowOf(
      batch,
      row,
    );
    const outcome = expected[place]!;
    if (outcome.outcome !== 'ok') throw new Error('unreachable');
    // Jest's own comparison takes far longer: it is for those that differ.
    if (!isDeepStrictEqual(own, outcome.value.values)) {
      expect({ place, ...own }).toEqual({ place, ...outcome.value.values });
      throw new Error(`row ${place} differs`);
    }
    expect(sourceOffset).toBe(place);
  }
}

interface Chunk {
  readonly columns: ActivityColumns;
  readonly places: Int32Array;
}

function* chunksOf(sources: readonly Source[], writers: readonly Writer[], heap: TextHeap): Generator<Chunk> {
  const small = [...sources.keys()].filter((place) => sources[place]!.bytes.length <= columnsBytesMax);
  const values = sources.map(({ bytes }) => bytes);
  for (const [at, { reader }] of writers.entries()) {
    const which = Int32Array.from(small.filter((place) => sources[place]!.writer === at));
    const { columns, rows, unread } = reader.read(values, which, 5, heap);
    expect(unread).toEqual([]);
    if (rows.length > 0) yield { columns, places: rows.slice() };
  }
  const places = small.filter((place) => sources[place]!.writer === undefined);
  const objects = places.map((place) => sources[place]!.json);
  if (places.length > 0) yield { columns: objectColumns(objects, heap), places: Int32Array.from(places) };
}
