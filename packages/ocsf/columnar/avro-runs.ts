import type { FieldInput, Run } from './avro-code.ts';
import { ByteRuns } from './byte-runs.ts';

/** Rows that are looked at, and how many there must be. */
const sampleRows = 1024;
const sampleMin = 64;
/** Share of runs that may be new beyond what was planned, before it is planned again. */
const driftMax = 0.25;
/** Batches between two plans: twice as many after each, up to this. */
const pauseMax = 1024;

/** Shorter runs aren't worth it. */
const bytesMin = 16;

/** About what reading takes, in ns. */
const cost = {
  field: 16,
  shortField: 10,
  byteField: 3,
  fieldByte: 0.15,
  none: 1.2,
  find: 14,
  findByte: 0.12,
  keep: 25,
};

interface PlannedRun extends Run {
  readonly newShare: number;
}

/** What a row's field, or a run of them, is like in the sample. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** By row: a number that rows with the same values share. */
  readonly groups: Int32Array;
  readonly distinct: number;
  /** ns for a row, read field by field. */
  readonly plain: number;
  /** Bytes of a row, on average. */
  readonly bytes: number;
}

/**
 * Decides which consecutive fields are read as runs, by what the last batch was like: those whose values change together
 * and seldom, such as all that is said of an endpoint.
 */
export class RunPlan {
  readonly #seed: number;
  #planned: readonly PlannedRun[] = [];
  #pause = 0;
  #wait = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The runs for the next batch, when they should be others than until now. */
  next(fields: readonly FieldInput[], rows: number): readonly Run[] | undefined {
    if (rows < sampleMin || this.#wait-- > 0) return undefined;
    if (this.#pause > 0 && !this.#hasDrifted(rows)) return undefined;
    this.#pause = Math.min(pauseMax, Math.max(1, this.#pause * 2));
    this.#wait = this.#pause;
    const former = this.#planned;
    this.#planned = planRuns(fields, Math.min(rows, sampleRows), this.#seed);
    return isSame(former, this.#planned) ? undefined : this.#planned;
  }

  #hasDrifted(rows: number): boolean {
    return this.#planned.some(({ runs, newShare }) => runs.misses / rows > newShare + driftMax);
  }
}

function isSame(one: readonly Run[], other: readonly Run[]): boolean {
  return one.length === other.length && one.every(({ from, to }, i) => from === other[i]!.from && to === other[i]!.to);
}

/** Goes through the fields once, and takes each into the run before it where that makes reading both cheaper. */
function planRuns(fields: readonly FieldInput[], rows: number, seed: number): PlannedRun[] {
  const stretches: Stretch[] = [];
  for (const [i, field] of fields.entries()) {
    const own = stretchOf(field, i, rows);
    const before = stretches.at(-1);
    const both = before && joined(before, own, rows);
    if (before && both && best(both, rows) < best(before, rows) + best(own, rows))
      stretches[stretches.length - 1] = both;
    else stretches.push(own);
  }
  return stretches
    .filter((stretch) => asRun(stretch, rows) < stretch.plain)
    .map(({ from, to, bytes, distinct }) => ({
      from,
      to,
      runs: new ByteRuns(Math.floor(bytes / 2), seed),
      newShare: distinct / rows,
    }));
}

function best(stretch: Stretch, rows: number): number {
  return Math.min(stretch.plain, asRun(stretch, rows));
}

/** ns for a row, when it is looked for as a whole first. */
function asRun({ from, to, distinct, plain, bytes }: Stretch, rows: number): number {
  if (to - from < 2 || bytes < bytesMin) return plain;
  return cost.find + cost.findByte * bytes + (distinct / rows) * (plain + cost.keep);
}

function stretchOf({ codes, dictionary, tags }: FieldInput, i: number, rows: number): Stretch {
  let length = 0;
  let plain = 0;
  for (let row = 0; row < rows; row++) {
    const code = codes[row]!;
    const own = code < 0 ? 0 : dictionary.bytesOf(code);
    length += own;
    plain += readingCost(own);
  }
  const tag = tags === undefined ? 0 : 1;
  return {
    ...grouped(codes, rows, (code) => code),
    from: i,
    to: i + 1,
    plain: plain / rows,
    bytes: tag + length / rows,
  };
}

function readingCost(length: number): number {
  if (length <= 1) return length === 0 ? cost.none : cost.byteField;
  return (length <= 8 ? cost.shortField : cost.field) + cost.fieldByte * length;
}

function joined(one: Stretch, other: Stretch, rows: number): Stretch {
  return {
    ...grouped(other.groups, rows, (group, row) => group * sampleRows + one.groups[row]!),
    from: one.from,
    to: other.to,
    plain: one.plain + other.plain,
    bytes: one.bytes + other.bytes,
  };
}

/** Numbers rows by a key, from 0. */
function grouped(
  values: Int32Array,
  rows: number,
  keyOf: (value: number, row: number) => number,
): { groups: Int32Array; distinct: number } {
  const groups = new Int32Array(rows);
  const numbers = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const key = keyOf(values[row]!, row);
    let group = numbers.get(key);
    if (group === undefined) {
      group = numbers.size;
      numbers.set(key, group);
    }
    groups[row] = group;
  }
  return { groups, distinct: numbers.size };
}
