/** The last `max` numbers it was told, in 8 bytes each, to know whether one comes again. */
export class RecentNumbers {
  readonly #max: number;
  #numbers = new Float64Array(4);
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it is one of the last. */
  has(number: number): boolean {
    return this.#numbers.subarray(0, Math.min(this.#count, this.#numbers.length)).includes(number);
  }

  /** Remembers `number`; answers false when it was there. */
  isNew(number: number): boolean {
    if (this.has(number)) return false;
    if (this.#count >= this.#numbers.length && this.#numbers.length < this.#max) this.#grow();
    this.#numbers[this.#count % this.#numbers.length] = number;
    this.#count += 1;
    return true;
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(4 * this.#numbers.length, this.#max));
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}
