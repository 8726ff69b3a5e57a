import { shortHash } from './byte-hash.ts';
import { RepeatJudge } from './repeat-judge.ts';

/** Slots in a row that a look-up passes before somebody must mean harm. */
const probesMax = 64;
/** What is kept from batch to batch. */
const keptSlotsMax = 1 << 18;

/**
 * Numbers the distinct 64-bit values of a batch, given as two 32-bit words. As `ByteDictionary` does, it stops looking
 * where values hardly repeat, or were made to collide.
 */
export class LongDictionary {
  /** How many entries there are. */
  size = 0;
  /** The words of each entry. Replaced when they grow. */
  lows = new Int32Array(64);
  highs = new Int32Array(64);
  /** By value below 128: 1 + its entry, or 0. For callers that look there first, and call `addByte` on a 0. */
  readonly ofByte = new Int32Array(128);
  readonly #seed: number;
  readonly #judge = new RepeatJudge();
  /** By slot: 1 + the entry, or 0. */
  #table = new Int32Array(128);
  #mask = 127;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Forgets all entries. */
  begin(): void {
    if (this.size === 0) return;
    if (this.#table.length > keptSlotsMax) this.#resizeTable(127, 0);
    else if (this.#judge.asked > 0) this.#table.fill(0);
    if (this.lows.length > keptSlotsMax) {
      this.lows = new Int32Array(64);
      this.highs = new Int32Array(64);
    }
    this.ofByte.fill(0);
    this.#judge.begin();
    this.size = 0;
  }

  /** The entry of a value. */
  add(low: number, high: number): number {
    const judge = this.#judge;
    if (judge.hasGivenUp) return this.#append(low, high);
    judge.asked++;
    const table = this.#table;
    const mask = this.#mask;
    let slot = shortHash(low, high, 8, this.#seed) & mask;
    for (let probes = 0; table[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = table[slot]! - 1;
      if (this.lows[entry] === low && this.highs[entry] === high) return entry;
      if (++probes > probesMax) {
        judge.hasGivenUp = true;
        return this.#append(low, high);
      }
    }
    const entry = this.#append(low, high);
    table[slot] = entry + 1;
    judge.judge(this.size);
    if (this.size * 2 > mask) this.#resizeTable(mask * 2 + 1, this.size);
    return entry;
  }

  /** A new entry of a value below 128, which `ofByte` will answer from now on. */
  addByte(value: number): number {
    const entry = this.#append(value, 0);
    this.ofByte[value] = entry + 1;
    return entry;
  }

  /** How many bytes the entry has as a varint, or about as many. */
  bytesOf(entry: number): number {
    if (this.highs[entry] !== 0) return 7;
    return this.lows[entry]! >>> 7 === 0 ? 1 : 3;
  }

  #append(low: number, high: number): number {
    const entry = this.size++;
    if (entry === this.lows.length) {
      this.lows = doubled(this.lows);
      this.highs = doubled(this.highs);
    }
    this.lows[entry] = low;
    this.highs[entry] = high;
    return entry;
  }

  #resizeTable(mask: number, size: number): void {
    const table = new Int32Array(mask + 1);
    for (let entry = 0; entry < size; entry++) {
      let slot = shortHash(this.lows[entry]!, this.highs[entry]!, 8, this.#seed) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entry + 1;
    }
    this.#table = table;
    this.#mask = mask;
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
