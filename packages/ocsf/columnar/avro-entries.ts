import { coerceField } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { plainTimes } from '@tributary/schemas/kafka/time-units.ts';
import type { FieldValue } from './activity-columns.ts';
import { addLongDigits } from './avro-digits.ts';
import type { AvroType } from './avro-type.ts';
import { type AvroCursor, avroValue, longOfWords } from './avro-value.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import { addTexts } from './byte-texts.ts';
import { type Entries, Oddities } from './entries.ts';
import type { LongDictionary } from './long-dictionary.ts';
import { NumberPool } from './number-pool.ts';
import type { TextHeap } from './text-heap.ts';

/** Says what a batch's entries stand for. Its arrays are used again for the next batch. */
export type EntryReader = (heap: TextHeap) => Entries;

/** How the entries of field `name` are read from numbers that were written as ints or longs. */
export function longEntries(name: string, dictionary: LongDictionary): EntryReader {
  const ours = typeOfField(name);
  if (ours === 'long-id') return textEntries((heap, texts) => addDigits(dictionary, heap, texts), dictionary);
  if (ours === 'time') return wholeEntries(name, dictionary, plainTimes.above + 1, plainTimes.below - 1);
  if (ours === 'size') return wholeEntries(name, dictionary, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (ours === 'int') return wholeEntries(name, dictionary, -(2 ** 31), 2 ** 31 - 1);
  return coercedEntries(
    name,
    dictionary,
    () => (entry) => longOfWords(dictionary.lows[entry]!, dictionary.highs[entry]!),
  );
}

/** How the entries of field `name` are read from bytes that were written as `type`. */
export function byteEntries(name: string, type: AvroType, dictionary: ByteDictionary): EntryReader {
  const ours = typeOfField(name);
  if (type.kind !== 'string') return coercedEntries(name, dictionary, (heap) => valueReader(type, dictionary, heap));
  const read = textEntries((heap, texts) => addTexts(dictionary, heap, texts), dictionary);
  if (ours === 'string') return read;
  if (ours !== undefined) return coercedEntries(name, dictionary, (heap) => stringReader(dictionary, heap));
  return (heap) => {
    const entries = read(heap);
    return { ...entries, kept: entries.texts };
  };
}

function typeOfField(name: string): AgentFieldType | undefined {
  return Object.hasOwn(agentFields, name) ? agentFields[name as AgentFieldName].type : undefined;
}

/** Reads entries, once the bytes of a batch are there. */
type RawReader = (heap: TextHeap) => (entry: number) => unknown;

function valueReader(type: AvroType, { starts }: ByteDictionary, heap: TextHeap): (entry: number) => unknown {
  const cursor: AvroCursor = { bytes: bufferOf(heap), view: heap.view, at: 0 };
  return (entry) => {
    cursor.at = starts[entry]!;
    return avroValue(type, cursor);
  };
}

function stringReader({ starts, ends }: ByteDictionary, heap: TextHeap): (entry: number) => unknown {
  const buffer = bufferOf(heap);
  return (entry) => buffer.toString('utf8', starts[entry], ends[entry]);
}

/** The heap's buffer as it is now: what is there doesn't change when the heap grows. */
function bufferOf({ bytes }: TextHeap): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

interface Sized {
  readonly size: number;
}

function textEntries(add: (heap: TextHeap, texts: Int32Array) => void, dictionary: Sized): EntryReader {
  const pool = new NumberPool(Int32Array);
  return (heap) => {
    const texts = pool.take(dictionary.size);
    add(heap, texts);
    const made: FieldValue[] = [];
    const value = (entry: number) => {
      made[entry] ??= heap.text(texts[entry]!);
      return made[entry];
    };
    return { texts, numbers: undefined, value, kept: undefined, originals: undefined };
  };
}

function addDigits({ lows, highs, size }: LongDictionary, heap: TextHeap, texts: Int32Array): void {
  for (let entry = 0; entry < size; entry++) texts[entry] = addLongDigits(heap, lows[entry]!, highs[entry]!);
}

/** Numbers in [lowest, highest] fit as they are; `coerceField` is asked about others. */
function wholeEntries(name: string, dictionary: LongDictionary, lowest: number, highest: number): EntryReader {
  const pool = new NumberPool(Float64Array);
  const oddities = new Oddities();
  return (heap) => {
    const { lows, highs, size } = dictionary;
    const numbers = pool.take(size);
    oddities.begin(size);
    for (let entry = 0; entry < size; entry++) {
      const low = lows[entry]!;
      const high = highs[entry]!;
      // Within ±(2^53 − 1) exact, and outside of that beyond it.
      const half = (high >>> 0) * 2 ** 31 + (low >>> 1);
      const whole = (low & 1) === 0 ? half : -half - 1;
      if (whole >= lowest && whole <= highest) numbers[entry] = whole;
      else numbers[entry] = oddities.settle(entry, coerceField(name, longOfWords(low, high)), heap) as number;
    }
    const { kept, originals } = oddities;
    return { texts: undefined, numbers, value: (entry) => numbers[entry]!, kept, originals };
  };
}

/** Any other pair of types: each entry is decoded, and `coerceField` asked about it. */
function coercedEntries(name: string, dictionary: Sized, readRaw: RawReader): EntryReader {
  const ours = typeOfField(name);
  const textPool = ours === 'string' || ours === 'long-id' ? new NumberPool(Int32Array) : undefined;
  const numberPool = ours === 'int' || ours === 'time' || ours === 'size' ? new NumberPool(Float64Array) : undefined;
  const oddities = new Oddities();
  return (heap) => {
    const { size } = dictionary;
    const texts = textPool?.take(size);
    const numbers = numberPool?.take(size);
    const values: FieldValue[] = [];
    const raw = readRaw(heap);
    oddities.begin(size);
    for (let entry = 0; entry < size; entry++) {
      const value = oddities.settle(entry, coerceField(name, raw(entry)), heap);
      if (value === undefined) continue;
      values[entry] = value;
      if (texts !== undefined) texts[entry] = heap.add(value as string);
      if (numbers !== undefined) numbers[entry] = value as number;
    }
    const { kept, originals } = oddities;
    return { texts, numbers, value: (entry) => values[entry]!, kept, originals };
  };
}
