import type { Coerced } from '@tributary/schemas/kafka/activity.ts';
import type { FieldValue } from './activity-columns.ts';
import { NumberPool } from './number-pool.ts';
import { absent, type TextHeap } from './text-heap.ts';

/** In `Entries.kept`: the entry is a value of the field. */
export const fits = -2;

/** What the entries of one column stand for. */
export interface Entries {
  readonly texts: Int32Array | undefined;
  readonly numbers: Float64Array | undefined;
  readonly value: (entry: number) => FieldValue;
  /**
   * By entry: `fits`; or the text that is kept instead, which is `absent` where there is nothing to keep. Undefined where
   * all entries fit.
   */
  readonly kept: Int32Array | undefined;
  /** By entry: the text that is kept of what was put right, or `absent`. Undefined where nothing was. */
  readonly originals: Int32Array | undefined;
}

/** What didn't simply fit in one column of one batch. Its arrays are used again for the next batch. */
export class Oddities {
  kept: Int32Array | undefined;
  originals: Int32Array | undefined;
  readonly #keptPool = new NumberPool(Int32Array);
  readonly #originalsPool = new NumberPool(Int32Array);
  #size = 0;

  /** Forgets all, for a batch of `size` entries. */
  begin(size: number): void {
    this.kept = undefined;
    this.originals = undefined;
    this.#size = size;
  }

  /** Keeps what has to be kept of an entry, and answers its value where it fits. */
  settle(entry: number, coerced: Coerced, heap: TextHeap): FieldValue | undefined {
    if (coerced.is !== 'fitting') {
      this.kept ??= this.#keptPool.take(this.#size).fill(fits, 0, this.#size);
      this.kept[entry] = coerced.is === 'misfit' ? heap.add(coerced.text) : absent;
      return undefined;
    }
    const { value, original } = coerced;
    if (original !== undefined) {
      this.originals ??= this.#originalsPool.take(this.#size).fill(absent, 0, this.#size);
      this.originals[entry] = heap.add(original);
    }
    return typeof value === 'object' ? Object.freeze(value) : value;
  }
}

/** Takes entries that don't fit out of `codes`, and puts their texts into `extra`: says whether there are any texts. */
export function separate(codes: Int32Array, kept: Int32Array, extra: Int32Array, rows: number): boolean {
  let some = false;
  for (let row = 0; row < rows; row++) {
    const code = codes[row]!;
    if (code === absent || kept[code] === fits) continue;
    codes[row] = absent;
    extra[row] = kept[code]!;
    some ||= kept[code] !== absent;
  }
  return some;
}

/** Puts the text of each row's entry into `extra`: says whether there are any. */
export function spread(codes: Int32Array, texts: Int32Array, extra: Int32Array, rows: number): boolean {
  let some = false;
  for (let row = 0; row < rows; row++) {
    const code = codes[row]!;
    if (code === absent || texts[code] === absent) continue;
    extra[row] = texts[code]!;
    some = true;
  }
  return some;
}
