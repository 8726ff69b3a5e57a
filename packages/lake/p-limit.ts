import pLimit from 'p-limit';

/** How many works go on at once. */
export interface PlacesOptions {
  readonly places: number;
  /** A work that takes longer than this gives its place to another … */
  readonly slowAfterMs: number;
  /** … as long as fewer than this many have done so and still go on. */
  readonly slowMax: number;
}

/** Holds a place while `work` goes on, and waits for one before. */
export type Places = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Places that those who hang don't keep from the others: what is slow goes on beside the places, in a number that is
 * limited too.
 */
export function createPlaces({ places, slowAfterMs, slowMax }: PlacesOptions): Places {
  const limit = pLimit(places);
  let slow = 0;

  async function hold(settled: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(resolve, slowAfterMs, 'late');
    const first = await Promise.race([settled, late]);
    clearTimeout(timer);
    if (first !== 'late' || slow >= slowMax) return settled;
    slow++;
    void settled.then(() => slow--);
  }

  return <T>(work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      void limit(() => {
        const done = work();
        done.then(resolve, reject);
        return hold(
          done.then(
            () => undefined,
            () => undefined,
          ),
        );
      });
    });
}
