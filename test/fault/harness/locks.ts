/** What several faults want of their own, such as one process: who comes later waits, first come, first served. */
export class Locks {
  readonly #held = new Set<string>();
  readonly #waiting: { readonly names: readonly string[]; readonly go: () => void }[] = [];

  /** Runs `work` while it alone has all of `names`. */
  async with<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ names, go: resolve });
    this.#grant();
    await promise;
    try {
      return await work();
    } finally {
      for (const name of names) this.#held.delete(name);
      this.#grant();
    }
  }

  #grant(): void {
    const claimed = new Set<string>();
    for (const waiting of [...this.#waiting]) {
      const isFree = waiting.names.every((name) => !this.#held.has(name) && !claimed.has(name));
      if (!isFree) {
        // Nobody overtakes who waits for the same.
        for (const name of waiting.names) claimed.add(name);
        continue;
      }
      for (const name of waiting.names) this.#held.add(name);
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.go();
    }
  }
}
