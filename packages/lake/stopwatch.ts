/** How long at least one of several works has been under way. */
export class Stopwatch {
  #underWay = 0;
  #since = 0;
  #spentMs = 0;

  /** A work has been under way since `at`. */
  begin(at: number): void {
    if (this.#underWay++ === 0) this.#since = at;
  }

  /** One of the works ended at `at`. */
  end(at: number): void {
    if (--this.#underWay === 0) this.#spentMs += at - this.#since;
  }

  /** Until `now`, ms. */
  spentMs(now: number): number {
    return this.#spentMs + (this.#underWay > 0 ? now - this.#since : 0);
  }
}
