import { sameBytes } from './byte-dictionary.ts';

/** Words of a run's beginning that are looked at, before all of its bytes are compared. */
const samples = 6;
const ways = 4;
/** Row, first byte, length. */
const slotWidth = 3;
const slotsMax = 1 << 14;
/** A range is compared eight bytes at a time. */
const shortest = 8;

/**
 * Remembers the bytes of a run of consecutive fields, and in which row they were read. Avro's encoding has no two readings:
 * where the same bytes come again, the same values are there, and nothing has to be parsed. It is a cache: it forgets what
 * has no room, so it needs no defence against collisions.
 */
export class ByteRuns {
  /** The length of the run that `find` found. */
  length = 0;
  /** How many runs were not found in this batch. */
  misses = 0;
  /** By row: the row with the same run that was read first. */
  firstRow = new Int32Array(0);
  readonly #offsets: readonly number[];
  readonly #seed: number;
  #view: DataView = new DataView(new ArrayBuffer(8));
  #slots = new Int32Array(0);
  #mask = 0;
  /** The last byte at which a word begins. */
  #last = 0;

  /** Looks at the first `sampled` bytes of each run; shorter ones are found less often. */
  constructor(sampled: number, seed: number) {
    const step = Math.max(0, sampled - 4) / (samples - 1);
    this.#offsets = Array.from({ length: samples }, (_, sample) => Math.floor(sample * step));
    this.#seed = seed;
  }

  /** Forgets all runs; the next ones are ranges of `view`, of at most `rows` records. */
  begin(view: DataView, rows: number): void {
    this.#view = view;
    this.#last = view.byteLength - 4;
    this.misses = 0;
    if (this.firstRow.length < rows) this.firstRow = new Int32Array(rows);
    const sets = Math.min(slotsMax, 1 << (32 - Math.clz32(rows))) / ways;
    this.#mask = Math.max(1, sets) - 1;
    const length = (this.#mask + 1) * ways * slotWidth;
    if (this.#slots.length < length) this.#slots = new Int32Array(length);
    else this.#slots.fill(0, 0, length);
  }

  /** Forgets what was read in a record that turned out to be broken. */
  clear(): void {
    this.#slots.fill(0);
  }

  /** The row in which the bytes that begin at `at` were read before, or −1. */
  find(at: number, end: number): number {
    const slots = this.#slots;
    const set = this.#setAt(at);
    for (let slot = set; slot < set + ways * slotWidth; slot += slotWidth) {
      const row = slots[slot]!;
      if (row === 0) return -1;
      const length = slots[slot + 2]!;
      if (at + length <= end && sameBytes(this.#view, slots[slot + 1]!, at, length)) {
        this.length = length;
        return row - 1;
      }
    }
    return -1;
  }

  /** Keeps the run [at, end) that was read in `row`. */
  keep(at: number, end: number, row: number): void {
    this.firstRow[row] = row;
    const way = this.misses++ % ways;
    if (end - at < shortest) return;
    const slots = this.#slots;
    const set = this.#setAt(at);
    let slot = set;
    while (slot < set + ways * slotWidth && slots[slot] !== 0) slot += slotWidth;
    if (slot === set + ways * slotWidth) slot = set + way * slotWidth;
    slots[slot] = row + 1;
    slots[slot + 1] = at;
    slots[slot + 2] = end - at;
  }

  #setAt(at: number): number {
    const view = this.#view;
    const offsets = this.#offsets;
    const last = this.#last;
    let hash = this.#seed;
    // A run at the end of the heap may be shorter than what is sampled: it is then found less often.
    for (let sample = 0; sample < samples; sample++) {
      hash = Math.imul(
        ((hash << 13) | (hash >>> 19)) ^ view.getInt32(Math.min(last, at + offsets[sample]!), true),
        0x9e3779b1,
      );
    }
    hash ^= hash >>> 15;
    return ((Math.imul(hash, 0x85ebca6b) >>> 7) & this.#mask) * (ways * slotWidth);
  }
}
