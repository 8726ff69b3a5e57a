/** An array of numbers that is used for batch after batch. It grows as needed, and is given back where it was huge. */
export class NumberPool<Numbers extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>> {
  readonly #make: new (
    length: number,
  ) => Numbers;
  #numbers: Numbers;

  constructor(make: new (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = new make(0);
  }

  /** An array of at least `length` numbers, with whatever was in it; the one that was taken before is void. */
  take(length: number): Numbers {
    const held = this.#numbers.length;
    if (held < length) this.#numbers = new this.#make(Math.max(length, Math.min(held * 2, keptMax)));
    else if (held > keptMax && length <= keptMax) this.#numbers = new this.#make(length);
    return this.#numbers;
  }
}

/** A few times the rows of an ordinary batch. */
const keptMax = 1 << 16;
