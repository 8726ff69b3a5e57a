import type { Offset } from '@tributary/stream';

interface Waiter {
  readonly offset: Offset;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Where a reader is, and who waits for it to come further. */
export class OffsetWaiters {
  #next: Offset = 0;
  #waiters: Waiter[] = [];
  #closed = false;

  /** The next offset that it will read. */
  get next(): Offset {
    return this.#next;
  }

  /** Everything before `next` has been read. */
  advance(next: Offset): void {
    this.#next = Math.max(this.#next, next);
    if (this.#waiters.length === 0) return;
    for (const waiter of this.#waiters) if (waiter.offset <= this.#next) waiter.resolve();
    this.#waiters = this.#waiters.filter(({ offset }) => offset > this.#next);
  }

  /** Resolves when everything before `offset` has been read; rejects when nobody reads any more. */
  reached(offset: Offset): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the reader is closed'));
    if (offset <= this.#next) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ offset, resolve, reject }));
  }

  /** Everybody who waits is told that it is over. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiters.splice(0)) reject(new Error('the reader is closed'));
  }
}
