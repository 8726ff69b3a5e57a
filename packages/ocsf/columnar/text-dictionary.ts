import { RepeatJudge } from './repeat-judge.ts';

/** Longer texts hardly repeat, and would be slow to compare. */
const longestSought = 1024;
/** Of longer texts only some characters are hashed at first. */
const sampledFrom = 16;
/** Entries of the same hash, and slots in a row, that a look-up passes before the hash counts as no good. */
const sameHashMax = 8;
const probesMax = 64;

/**
 * Numbers the distinct texts of a batch. A Map would do the same, but hashes every character of every text, and is a
 * burden to the garbage collector. As `ByteDictionary` does, it stops looking where texts hardly repeat, or were made to
 * collide.
 */
export class TextDictionary {
  /** The entries. */
  readonly texts: string[] = [];
  readonly #seed: number;
  readonly #judge = new RepeatJudge();
  #needsFullHash = false;
  /** By slot: 1 + the entry, or 0; and its hash. */
  #table = new Int32Array(64);
  #mask = 31;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The entry of a text: the number of entries before, where it is new. */
  add(text: string): number {
    const judge = this.#judge;
    if (judge.hasGivenUp || text.length > longestSought) return this.texts.push(text) - 1;
    judge.asked++;
    const table = this.#table;
    const mask = this.#mask;
    const hash = this.#hashOf(text);
    let slot = hash & mask;
    for (let probes = 0, same = 0; table[slot << 1] !== 0; slot = (slot + 1) & mask) {
      if (table[(slot << 1) + 1] === hash) {
        const entry = table[slot << 1]! - 1;
        if (this.texts[entry] === text) return entry;
        if (++same > sameHashMax) return this.#crowded(text);
      }
      if (++probes > probesMax) return this.#crowded(text);
    }
    const entry = this.texts.push(text) - 1;
    table[slot << 1] = entry + 1;
    table[(slot << 1) + 1] = hash;
    judge.judge(entry + 1);
    if ((entry + 1) * 2 > mask) this.#resizeTable(mask * 2 + 1);
    return entry;
  }

  #hashOf(text: string): number {
    const { length } = text;
    let hash = this.#seed ^ length;
    if (length <= sampledFrom || this.#needsFullHash) {
      for (let i = 0; i < length; i++) hash = mixed(hash, text.charCodeAt(i));
      return finished(hash);
    }
    const middle = (length >> 1) - 2;
    for (let i = 0; i < 4; i++) {
      hash = mixed(hash, text.charCodeAt(i) | (text.charCodeAt(middle + i) << 16));
      hash = mixed(hash, text.charCodeAt(length - 1 - i) | (text.charCodeAt(length - 5 - i) << 16));
    }
    return finished(hash);
  }

  #crowded(text: string): number {
    if (this.#needsFullHash) {
      this.#judge.hasGivenUp = true;
    } else {
      this.#needsFullHash = true;
      this.#resizeTable(this.#mask);
    }
    return this.add(text);
  }

  #resizeTable(mask: number): void {
    const table = new Int32Array((mask + 1) * 2);
    for (const [entry, text] of this.texts.entries()) {
      if (text.length > longestSought) continue;
      const hash = this.#hashOf(text);
      let slot = hash & mask;
      while (table[slot << 1] !== 0) slot = (slot + 1) & mask;
      table[slot << 1] = entry + 1;
      table[(slot << 1) + 1] = hash;
    }
    this.#table = table;
    this.#mask = mask;
  }
}

function mixed(hash: number, bits: number): number {
  return Math.imul(((hash << 13) | (hash >>> 19)) ^ bits, 0x9e3779b1);
}

function finished(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return once ^ (once >>> 13);
}
