import pLimit, { type LimitFunction } from 'p-limit';

/** Architecture section 7: puts at once of one flusher, and of one registration. */
export const putsAtOnce = { flusher: 64, registration: 4 } as const;

/**
 * Runs puts so that no registration takes more than its share of the places: its own limit comes first, so its waiting
 * puts hold no place that another could use.
 */
export function limitPuts(limits: { readonly flusher: number; readonly registration: number } = putsAtOnce) {
  const all = pLimit(limits.flusher);
  const each = new Map<string, LimitFunction>();
  return async <T>(registration: string, put: () => Promise<T>): Promise<T> => {
    const own = each.get(registration) ?? pLimit(limits.registration);
    each.set(registration, own);
    try {
      return await own(() => all(put));
    } finally {
      if (own.activeCount + own.pendingCount === 0) each.delete(registration);
    }
  };
}
