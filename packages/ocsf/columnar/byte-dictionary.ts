import { fullHash, sampledHash, shortHash, shortMask } from './byte-hash.ts';
import { isAscii } from './byte-texts.ts';
import { RepeatJudge } from './repeat-judge.ts';

/** Longer values hardly repeat, and would be slow to compare. */
const longestHashed = 4096;
/** Entries of the same hash, and slots in a row, that a look-up passes before the hash counts as no good. */
const sameHashMax = 8;
const probesMax = 64;
/** Slots that are kept from batch to batch. */
const keptSlotsMax = 1 << 18;

/**
 * Numbers the distinct byte ranges of one buffer: the same bytes get the same number, and a range is kept by its place,
 * not copied. Where values hardly repeat, or were made to collide, it stops looking and gives every range a number of its
 * own; so no input makes it slow. The buffer must have 8 bytes behind the last range.
 */
export class ByteDictionary {
  /** How many entries there are. */
  size = 0;
  /** First byte of each entry, and the byte behind its last. Replaced when they grow. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** The entries that are not ASCII throughout, when asked to look for those. */
  readonly notAscii: number[] = [];
  readonly #seed: number;
  #view: DataView = new DataView(new ArrayBuffer(8));
  /** By slot: 1 + the entry, or 0; and its hash. */
  #table = new Int32Array(256);
  #mask = 127;
  readonly #judge = new RepeatJudge();
  readonly #looksForAscii: boolean;
  /** A hash of samples of the bytes isn't enough for this field's values. */
  #needsFullHash = false;

  constructor(seed: number, { looksForAscii = false } = {}) {
    this.#seed = seed;
    this.#looksForAscii = looksForAscii;
  }

  /** Forgets all entries; the next ones are ranges of `view`. */
  begin(view: DataView): void {
    this.#view = view;
    if (this.size === 0) return;
    if (this.#table.length > keptSlotsMax * 2) this.#resizeTable(127, 0);
    else if (this.#judge.asked > 0) this.#table.fill(0);
    if (this.starts.length > keptSlotsMax) {
      this.starts = new Int32Array(64);
      this.ends = new Int32Array(64);
    }
    this.#judge.begin();
    this.notAscii.length = 0;
    this.size = 0;
  }

  /** The entry of the range. */
  add(at: number, length: number): number {
    if (this.#judge.hasGivenUp || length > longestHashed) return this.#append(at, length);
    this.#judge.asked++;
    return length <= 8 ? this.#addShort(at, length) : this.#addLong(at, length);
  }

  #addShort(at: number, length: number): number {
    const view = this.#view;
    const low = view.getInt32(at, true) & shortMask[length]!;
    const high = view.getInt32(at + 4, true) & shortMask[length + 9]!;
    const hash = shortHash(low, high, length, this.#seed);
    const table = this.#table;
    const mask = this.#mask;
    let slot = hash & mask;
    for (let probes = 0; table[slot << 1] !== 0; slot = (slot + 1) & mask) {
      if (table[(slot << 1) + 1] === hash) {
        const entry = table[slot << 1]! - 1;
        const start = this.starts[entry]!;
        if (
          this.ends[entry]! - start === length &&
          (view.getInt32(start, true) & shortMask[length]!) === low &&
          (view.getInt32(start + 4, true) & shortMask[length + 9]!) === high
        )
          return entry;
      }
      if (++probes > probesMax) return this.#crowded(at, length);
    }
    return this.#insert(at, length, hash, slot);
  }

  #addLong(at: number, length: number): number {
    const table = this.#table;
    const mask = this.#mask;
    const hash = this.#hashOf(at, length);
    let slot = hash & mask;
    for (let probes = 0, same = 0; table[slot << 1] !== 0; slot = (slot + 1) & mask) {
      if (table[(slot << 1) + 1] === hash) {
        const entry = table[slot << 1]! - 1;
        if (this.#isEntry(entry, at, length)) return entry;
        if (++same > sameHashMax) return this.#crowded(at, length);
      }
      if (++probes > probesMax) return this.#crowded(at, length);
    }
    return this.#insert(at, length, hash, slot);
  }

  #isEntry(entry: number, at: number, length: number): boolean {
    const start = this.starts[entry]!;
    return this.ends[entry]! - start === length && sameBytes(this.#view, start, at, length);
  }

  #hashOf(at: number, length: number): number {
    const view = this.#view;
    if (length <= 8) {
      const low = view.getInt32(at, true) & shortMask[length]!;
      return shortHash(low, view.getInt32(at + 4, true) & shortMask[length + 9]!, length, this.#seed);
    }
    return this.#needsFullHash ? fullHash(view, at, length, this.#seed) : sampledHash(view, at, length, this.#seed);
  }

  #insert(at: number, length: number, hash: number, slot: number): number {
    const entry = this.#append(at, length);
    this.#table[slot << 1] = entry + 1;
    this.#table[(slot << 1) + 1] = hash;
    this.#judge.judge(this.size);
    if (this.size * 2 > this.#mask) this.#resizeTable(this.#mask * 2 + 1, this.size);
    return entry;
  }

  #append(at: number, length: number): number {
    const entry = this.size++;
    if (entry === this.starts.length) this.#growEntries();
    this.starts[entry] = at;
    this.ends[entry] = at + length;
    // Now, because the bytes are at hand: later they would have to be fetched from memory again.
    if (this.#looksForAscii && !isAscii(this.#view, at, at + length)) this.notAscii.push(entry);
    return entry;
  }

  /** How many bytes the entry has. */
  bytesOf(entry: number): number {
    return this.ends[entry]! - this.starts[entry]!;
  }

  #growEntries(): void {
    const starts = new Int32Array(this.starts.length * 2);
    starts.set(this.starts);
    this.starts = starts;
    const ends = new Int32Array(this.ends.length * 2);
    ends.set(this.ends);
    this.ends = ends;
  }

  /** Too many entries at one place: hash all bytes, and when that doesn't help either, somebody means harm. */
  #crowded(at: number, length: number): number {
    if (!this.#needsFullHash) {
      this.#needsFullHash = true;
      this.#resizeTable(this.#mask, this.size);
      return this.add(at, length);
    }
    this.#judge.hasGivenUp = true;
    return this.#append(at, length);
  }

  #resizeTable(mask: number, size: number): void {
    const table = new Int32Array((mask + 1) * 2);
    for (let entry = 0; entry < size; entry++) {
      const start = this.starts[entry]!;
      const length = this.ends[entry]! - start;
      if (length > longestHashed) continue;
      const hash = this.#hashOf(start, length);
      let slot = hash & mask;
      while (table[slot << 1] !== 0) slot = (slot + 1) & mask;
      table[slot << 1] = entry + 1;
      table[(slot << 1) + 1] = hash;
    }
    this.#table = table;
    this.#mask = mask;
  }
}

/** Whether two ranges of at least 8 bytes are the same. */
export function sameBytes(view: DataView, one: number, other: number, length: number): boolean {
  const last = length - 8;
  for (let at = 0; at < last; at += 8) {
    if (view.getInt32(one + at, true) !== view.getInt32(other + at, true)) return false;
    if (view.getInt32(one + at + 4, true) !== view.getInt32(other + at + 4, true)) return false;
  }
  return (
    view.getInt32(one + last, true) === view.getInt32(other + last, true) &&
    view.getInt32(one + last + 4, true) === view.getInt32(other + last + 4, true)
  );
}
