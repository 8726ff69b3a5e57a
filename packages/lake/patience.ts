import type { Fault } from '@tributary/schemas/faults.ts';
import { retryBudgetMs } from './retry.ts';

/**
 * The time that the puts of one registration may spend on tries that fail, in one window. All of its objects share it,
 * and it runs while at least one of them has failed and is being tried again, so that a lake that takes everything may
 * take as long as it needs.
 */
export class Patience {
  readonly budgetMs: number;
  readonly #now: () => number;
  #spentMs = 0;
  #troubled = 0;
  #since = 0;
  #refusal: Fault | undefined;

  /** `now`: ms on a clock that doesn't jump. */
  constructor(now: () => number, budgetMs: number = retryBudgetMs) {
    this.#now = now;
    this.budgetMs = budgetMs;
  }

  /** The fault for which it was given up. */
  get refusal(): Fault | undefined {
    return this.#refusal;
  }

  get spentMs(): number {
    if (this.#refusal !== undefined) return this.budgetMs;
    return this.#spentMs + (this.#troubled > 0 ? this.#now() - this.#since : 0);
  }

  get leftMs(): number {
    return Math.max(0, this.budgetMs - this.spentMs);
  }

  /** The first try of a put, which began at `startedAt`, has failed. */
  begin(startedAt: number): void {
    if (this.#troubled++ === 0) this.#since = startedAt;
  }

  /** A put that had begun to fail is over, well or not. */
  end(): void {
    if (--this.#troubled === 0) this.#spentMs += this.#now() - this.#since;
  }

  /** Nothing more is tried: the rest of the window goes the same way. The first fault stays. */
  giveUp(fault: Fault): void {
    this.#refusal ??= fault;
  }
}
