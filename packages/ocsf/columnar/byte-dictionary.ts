import { fullHash, sampledHash, shortHash, shortMask } from './byte-hash.ts';

/** How entries are looked for: by a hash of samples of the bytes, by a hash of all of them, or not at all. */
type Mode = 'sampled' | 'full' | 'appending';

/** Longer values hardly repeat, and would be slow to compare. */
const longestHashed = 4096;
/** Entries of the same hash, and slots in a row, that a look-up passes before the hash counts as no good. */
const sameHashMax = 8;
const probesMax = 64;
/** After so many values it is judged whether a field's values repeat at all: fewer, where they didn't in the last batch. */
const firstTrial = 512;
const laterTrial = 64;
/** Share of new values above which looking for them isn't worth it. */
const newShareMax = 0.9;
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
  /** By byte: 1 + the entry of that one byte, or 0. For callers that look there first, and call `addByte` on a 0. */
  readonly ofByte = new Int32Array(256);
  readonly #seed: number;
  #view: DataView = new DataView(new ArrayBuffer(8));
  /** By slot: 1 + the entry, or 0; and its hash. */
  #table = new Int32Array(256);
  #mask = 127;
  #mode: Mode = 'sampled';
  #hashed = 0;
  #gaveUp = false;
  #needsFullHash = false;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Forgets all entries; the next ones are ranges of `view`. */
  begin(view: DataView): void {
    this.#view = view;
    if (this.#table.length > keptSlotsMax * 2) this.#resizeTable(127);
    else if (this.#hashed > 0) this.#table.fill(0);
    if (this.starts.length > keptSlotsMax) {
      this.starts = new Int32Array(64);
      this.ends = new Int32Array(64);
    }
    this.ofByte.fill(0);
    this.size = 0;
    this.#hashed = 0;
    this.#gaveUp = this.#mode === 'appending';
    this.#mode = this.#needsFullHash ? 'full' : 'sampled';
  }

  /** The entry of the range. */
  add(at: number, length: number): number {
    if (this.#mode === 'appending' || length > longestHashed) return this.#append(at, length);
    this.#hashed++;
    return length <= 8 ? this.#addShort(at, length) : this.#addLong(at, length);
  }

  /** A new entry of one byte, which `ofByte` will answer from now on. */
  addByte(at: number): number {
    const entry = this.#append(at, 1);
    this.ofByte[this.#view.getUint8(at)] = entry + 1;
    return entry;
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
    return this.#mode === 'sampled'
      ? sampledHash(view, at, length, this.#seed)
      : fullHash(view, at, length, this.#seed);
  }

  #insert(at: number, length: number, hash: number, slot: number): number {
    const entry = this.#append(at, length);
    this.#table[slot << 1] = entry + 1;
    this.#table[(slot << 1) + 1] = hash;
    const trial = this.#gaveUp ? laterTrial : firstTrial;
    if (this.#hashed >= trial && this.size > this.#hashed * newShareMax) this.#mode = 'appending';
    else if (this.size * 2 > this.#mask) this.#resizeTable(this.#mask * 2 + 1);
    return entry;
  }

  #append(at: number, length: number): number {
    const entry = this.size++;
    if (entry === this.starts.length) this.#growEntries();
    this.starts[entry] = at;
    this.ends[entry] = at + length;
    return entry;
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
    if (this.#mode === 'sampled') {
      this.#mode = 'full';
      this.#needsFullHash = true;
      this.#resizeTable(this.#mask);
      return this.add(at, length);
    }
    this.#mode = 'appending';
    return this.#append(at, length);
  }

  #resizeTable(mask: number): void {
    const table = new Int32Array((mask + 1) * 2);
    for (let entry = 0; entry < this.size; entry++) {
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
