import { Fault } from '@tributary/schemas/faults.ts';
import { msToPut, retryBudgetMs } from './retry.ts';
import { Stopwatch } from './stopwatch.ts';

/** How long puts that share a patience may take, ms. */
export interface PatienceLimits {
  /** With tries that fail: counted while at least one put has failed and is being tried again. */
  readonly failingMs?: number;
  /** In all, tries that succeed included: counted while at least one put is under way. No limit when absent. */
  readonly wholeMs?: number;
}

/**
 * The time that the puts of one registration may take in one window, or those of one parked object. All of its objects
 * share it; what is left when it is used up isn't tried any more.
 */
export class Patience {
  readonly #failingMs: number;
  readonly #wholeMs: number;
  readonly #now: () => number;
  readonly #failing = new Stopwatch();
  readonly #whole = new Stopwatch();
  #refusal: Fault | undefined;

  /** `now`: ms on a clock that doesn't jump. */
  constructor(
    now: () => number,
    { failingMs = retryBudgetMs, wholeMs = Number.POSITIVE_INFINITY }: PatienceLimits = {},
  ) {
    this.#now = now;
    this.#failingMs = failingMs;
    this.#wholeMs = wholeMs;
  }

  /** The fault for which it was given up; `lake-slow` when all of its time is used up. */
  get refusal(): Fault | undefined {
    if (this.#refusal === undefined && this.#wholeLeftMs <= 0)
      this.#refusal = new Fault('lake-slow', `puts took ${this.#wholeMs} ms of a window`);
    return this.#refusal;
  }

  /** What is left for tries that fail. */
  get leftMs(): number {
    if (this.#refusal !== undefined) return 0;
    const failingLeftMs = this.#failingMs - this.#failing.spentMs(this.#now());
    return Math.max(0, Math.min(failingLeftMs, this.#wholeLeftMs));
  }

  /**
   * How long one try to put so many bytes may take: what is left for failing ones, or as long as the slowest lake that
   * counts as working needs for them, but never more than what is left in all.
   */
  tryMs(bytes: number): number {
    return Math.max(1, Math.ceil(Math.min(Math.max(this.leftMs, msToPut(bytes)), this.#wholeLeftMs)));
  }

  /** A put begins its first try now. */
  enter(): void {
    this.#whole.begin(this.#now());
  }

  /** A put that had begun is over, well or not. */
  leave(): void {
    this.#whole.end(this.#now());
  }

  /** The first try of a put, which began at `startedAt`, has failed. */
  begin(startedAt: number): void {
    this.#failing.begin(startedAt);
  }

  /** A put that had begun to fail is over, well or not. */
  end(): void {
    this.#failing.end(this.#now());
  }

  /** Nothing more is tried: the rest of the window goes the same way. The first fault stays. */
  giveUp(fault: Fault): void {
    this.#refusal ??= fault;
  }

  get #wholeLeftMs(): number {
    return this.#wholeMs - this.#whole.spentMs(this.#now());
  }
}
