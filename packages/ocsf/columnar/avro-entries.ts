import { coerceField } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { plainTimes } from '@tributary/schemas/kafka/time-units.ts';
import type { FieldValue } from './activity-columns.ts';
import { addLongDigits } from './avro-digits.ts';
import type { AvroType } from './avro-type.ts';
import { type AvroCursor, avroValue } from './avro-value.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import { addTexts } from './byte-texts.ts';
import { type Entries, Oddities } from './entries.ts';
import { NumberPool } from './number-pool.ts';
import type { TextHeap } from './text-heap.ts';

/** Says what a batch's entries stand for. Its arrays are used again for the next batch. */
export type EntryReader = (dictionary: ByteDictionary, heap: TextHeap) => Entries;

/** How the entries of our field `name` are read, when it is written as `type`. */
export function fieldEntries(name: AgentFieldName, type: AvroType): EntryReader {
  const ours = agentFields[name].type;
  if (ours === 'string' && type.kind === 'string') return textEntries(addTexts);
  if (type.kind === 'int' || type.kind === 'long') {
    if (ours === 'long-id') return textEntries(addDigits);
    if (ours === 'time') return wholeEntries(name, type, plainTimes.above + 1, plainTimes.below - 1);
    if (ours === 'size') return wholeEntries(name, type, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    if (ours === 'int') return wholeEntries(name, type, -(2 ** 31), 2 ** 31 - 1);
  }
  return coercedEntries(name, type);
}

/** How the entries of a field that isn't ours are read: none fits. */
export function extraEntries(name: string, type: AvroType): EntryReader {
  if (type.kind !== 'string') return coercedEntries(name, type);
  const read = textEntries(addTexts);
  return (dictionary, heap) => {
    const entries = read(dictionary, heap);
    return { ...entries, kept: entries.texts };
  };
}

type AddTexts = (dictionary: ByteDictionary, heap: TextHeap, texts: Int32Array) => void;

function textEntries(add: AddTexts): EntryReader {
  const pool = new NumberPool(Int32Array);
  return (dictionary, heap) => {
    const texts = pool.take(dictionary.size);
    add(dictionary, heap, texts);
    const made: FieldValue[] = [];
    const value = (entry: number) => {
      made[entry] ??= heap.text(texts[entry]!);
      return made[entry];
    };
    return { texts, numbers: undefined, value, kept: undefined, originals: undefined };
  };
}

function addDigits({ starts, ends, size }: ByteDictionary, heap: TextHeap, texts: Int32Array): void {
  for (let entry = 0; entry < size; entry++) texts[entry] = addLongDigits(heap, starts[entry]!, ends[entry]!);
}

/** Numbers in [lowest, highest] fit as they are; `coerceField` is asked about others. */
function wholeEntries(name: AgentFieldName, type: AvroType, lowest: number, highest: number): EntryReader {
  const pool = new NumberPool(Float64Array);
  const oddities = new Oddities();
  return ({ starts, ends, size }, heap) => {
    const { bytes } = heap;
    const numbers = pool.take(size);
    oddities.begin(size);
    for (let entry = 0; entry < size; entry++) {
      const whole = wholeAt(bytes, starts[entry]!, ends[entry]!);
      if (whole >= lowest && whole <= highest) {
        numbers[entry] = whole;
        continue;
      }
      const coerced = coerceField(name, avroValue(type, cursorAt(heap, starts[entry]!)));
      numbers[entry] = oddities.settle(entry, coerced, heap) as number;
    }
    const { kept, originals } = oddities;
    return { texts: undefined, numbers, value: (entry) => numbers[entry]!, kept, originals };
  };
}

/** The varint in bytes [at, end): exact within ±(2^53 − 1), and outside of that beyond it. */
function wholeAt(bytes: Uint8Array, at: number, end: number): number {
  let low = 0;
  let high = 0;
  let scale = 1;
  let p = at;
  for (let shift = 0; p < end && shift < 28; p++, shift += 7) low |= (bytes[p]! & 127) << shift;
  for (; p < end; p++, scale *= 128) high += (bytes[p]! & 127) * scale;
  const half = high * 2 ** 27 + (low >>> 1);
  return (low & 1) === 0 ? half : -half - 1;
}

/** Any other pair of types: each entry is decoded, and `coerceField` asked about it. */
function coercedEntries(name: string, type: AvroType): EntryReader {
  const ours = Object.hasOwn(agentFields, name) ? agentFields[name as AgentFieldName].type : undefined;
  const textPool = ours === 'string' || ours === 'long-id' ? new NumberPool(Int32Array) : undefined;
  const numberPool = ours === 'int' || ours === 'time' || ours === 'size' ? new NumberPool(Float64Array) : undefined;
  const oddities = new Oddities();
  return (dictionary, heap) => {
    const { starts, ends, size } = dictionary;
    const texts = textPool?.take(size);
    const numbers = numberPool?.take(size);
    const values: FieldValue[] = [];
    const cursor = cursorAt(heap, 0);
    oddities.begin(size);
    for (let entry = 0; entry < size; entry++) {
      cursor.at = starts[entry]!;
      const raw =
        type.kind === 'string' ? cursor.bytes.toString('utf8', cursor.at, ends[entry]) : avroValue(type, cursor);
      const value = oddities.settle(entry, coerceField(name, raw), heap);
      if (value === undefined) continue;
      values[entry] = value;
      if (texts !== undefined) texts[entry] = heap.add(value as string);
      if (numbers !== undefined) numbers[entry] = value as number;
    }
    const { kept, originals } = oddities;
    return { texts, numbers, value: (entry) => values[entry]!, kept, originals };
  };
}

/** A cursor into the heap's buffer as it is now: what is there doesn't change when the heap grows. */
function cursorAt({ bytes, view }: TextHeap, at: number): AvroCursor {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), view, at };
}
