/** After so many values it is judged whether they repeat at all: fewer, where they didn't in the last batch. */
const firstTrial = 512;
const laterTrial = 64;
/** Share of new values above which looking for them isn't worth it. */
const newShareMax = 0.9;

/** Judges in each batch whether a field's values repeat often enough to look for them. */
export class RepeatJudge {
  /** Values that were looked for. Counted by the caller. */
  asked = 0;
  /** True when looking is over for this batch. */
  hasGivenUp = false;
  #trial = firstTrial;

  /** A new batch, a new chance. */
  begin(): void {
    this.#trial = this.hasGivenUp ? laterTrial : firstTrial;
    this.hasGivenUp = false;
    this.asked = 0;
  }

  /** To be called for a new value: `size` is how many there are. */
  judge(size: number): void {
    if (this.asked >= this.#trial && size > this.asked * newShareMax) this.hasGivenUp = true;
  }
}
