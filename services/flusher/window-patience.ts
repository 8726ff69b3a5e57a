import { Patience, windowBudgetMs } from '@tributary/lake';

/** The patience of one window with each lane (the objects of one account for one bucket and prefix). */
export class WindowPatience {
  readonly #now: () => number;
  readonly #of = new Map<string, Patience>();

  /** `now`: ms on a clock that doesn't jump. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The patience that all objects of the lane share. */
  with(lane: string): Patience {
    const patience = this.#of.get(lane) ?? new Patience(this.#now, { wholeMs: windowBudgetMs });
    this.#of.set(lane, patience);
    return patience;
  }
}
