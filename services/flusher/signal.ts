/** Wakes whoever waits, without saying why: the waiter looks for itself. */
export class Signal {
  #waiting: (() => void)[] = [];

  /** Wakes all who wait now. */
  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves at the next `notify`, or when `aborted` aborts. */
  wait(aborted: AbortSignal): Promise<void> {
    if (aborted.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        aborted.removeEventListener('abort', wake);
        resolve();
      };
      aborted.addEventListener('abort', wake, { once: true });
      this.#waiting.push(wake);
    });
  }
}
