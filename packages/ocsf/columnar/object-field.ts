import { coerceField, originalKey } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, type AgentFieldType, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { plainTimes } from '@tributary/schemas/kafka/time-units.ts';
import type { FieldColumn, FieldValue } from './activity-columns.ts';
import { LongDictionary } from './long-dictionary.ts';
import { TextDictionary } from './text-dictionary.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** Any number: who finds out how values are hashed gains no more than that equal ones of a batch have several entries. */
const seed = 0x2545f491;

/** Most fields have few values. */
const firstSize = 64;

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

/** A verdict on a value: its entry when it fits; −1 when it is absent; below that, −2 − the number of the text that is kept. */
type Verdict = number;

/** The values that a batch of objects has under one name: a column, if the name is one of our fields'. */
export class ObjectField implements FieldColumn {
  size = 0;
  texts: Int32Array | undefined;
  numbers: Float64Array | undefined;
  /** The text that is kept of the last value that had no entry, or `absent`. */
  keptText = absent;
  /** By entry, the text that is kept beside it. */
  readonly originals = new Map<number, number>();
  /** The field that came after this one in the last object. */
  next: ObjectField | undefined;
  readonly name: string;
  readonly extraName: string;
  readonly originalName: string;
  readonly codes: Int32Array;
  readonly #ours: AgentFieldType | undefined;
  readonly #heap: TextHeap;
  readonly #values: FieldValue[] = [];
  /** Made when they are needed: most fields need one at most. */
  #texts: TextDictionary | undefined;
  #numbers: LongDictionary | undefined;
  #lists: TextDictionary | undefined;
  readonly #ofText: Verdict[] = [];
  readonly #ofNumber: Verdict[] = [];
  readonly #ofList: Verdict[] = [];

  constructor(name: string, rows: number, heap: TextHeap) {
    this.name = name;
    this.extraName = name.toWellFormed();
    this.originalName = originalKey(name);
    this.codes = new Int32Array(rows).fill(absent);
    this.#heap = heap;
    const ours = Object.hasOwn(agentFields, name) ? agentFields[name as AgentFieldName].type : undefined;
    this.#ours = ours;
    if (ours === 'string' || ours === 'long-id') this.texts = new Int32Array(firstSize);
    if (ours === 'int' || ours === 'time' || ours === 'size') this.numbers = new Float64Array(firstSize);
  }

  readonly value = (entry: number): FieldValue => this.#values[entry]!;

  /** The entry of a value, or −1: then `keptText` says what is kept of it. */
  entryOf(value: unknown): number {
    const verdict = this.#verdictOn(value);
    if (verdict >= 0) return verdict;
    this.keptText = verdict === -1 ? absent : -2 - verdict;
    return -1;
  }

  #verdictOn(value: unknown): Verdict {
    if (typeof value === 'string') {
      this.#texts ??= new TextDictionary(seed);
      return this.#known(this.#ofText, this.#texts.add(value), value);
    }
    if (typeof value === 'number') {
      float[0] = value;
      this.#numbers ??= new LongDictionary(seed);
      return this.#known(this.#ofNumber, this.#numbers.add(words[0]!, words[1]!), value);
    }
    if (!areTexts(value)) return this.#made(value);
    this.#lists ??= new TextDictionary(seed);
    return this.#known(this.#ofList, this.#lists.add(JSON.stringify(value)), value);
  }

  #known(verdicts: Verdict[], number: number, value: unknown): Verdict {
    if (number === verdicts.length) verdicts.push(this.#made(value));
    return verdicts[number]!;
  }

  #made(value: unknown): Verdict {
    // What most values are, without asking.
    if (this.#ours === 'string' && typeof value === 'string' && value !== '') return this.#entry(value.toWellFormed());
    if (this.#ours === 'time' && typeof value === 'number' && isPlainTime(value)) return this.#entry(value);
    const coerced = coerceField(this.name, value);
    if (coerced.is === 'absent') return -1;
    if (coerced.is === 'misfit') return -2 - this.#heap.add(coerced.text);
    const entry = this.#entry(coerced.value);
    if (coerced.original !== undefined) this.originals.set(entry, this.#heap.add(coerced.original));
    return entry;
  }

  #entry(value: FieldValue): number {
    const entry = this.size++;
    this.#values.push(typeof value === 'object' ? Object.freeze(value) : value);
    if (this.texts !== undefined) {
      if (entry === this.texts.length) this.texts = larger(this.texts, new Int32Array(entry * 4));
      this.texts[entry] = this.#heap.add(value as string);
    }
    if (this.numbers !== undefined) {
      if (entry === this.numbers.length) this.numbers = larger(this.numbers, new Float64Array(entry * 4));
      this.numbers[entry] = value as number;
    }
    return entry;
  }
}

function larger<Numbers extends Int32Array | Float64Array>(numbers: Numbers, room: Numbers): Numbers {
  room.set(numbers);
  return room;
}

function isPlainTime(value: number): boolean {
  return value > plainTimes.above && value < plainTimes.below && Number.isInteger(value);
}

function areTexts(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== 'string') return false;
  return true;
}
