import pLimit, { type LimitFunction } from 'p-limit';

/** Puts at once of one flusher, and of one registration. */
export const putsAtOnce = { flusher: 64, registration: 4 } as const;

/** Two limits that a put passes, the narrower first: who waits for its own registration holds no place of the others. */
export interface PutLimits {
  /** Holds one of the registration's places until `work` is done, pauses between its tries included. */
  ofRegistration<T>(registration: string, work: () => Promise<T>): Promise<T>;
  /** Holds one of the flusher's places for one try. */
  ofFlusher<T>(attempt: () => Promise<T>): Promise<T>;
}

/** The limits of one flusher. */
export function limitPuts(limits: { readonly flusher: number; readonly registration: number } = putsAtOnce): PutLimits {
  const all = pLimit(limits.flusher);
  const each = new Map<string, LimitFunction>();
  return {
    async ofRegistration(registration, work) {
      const own = each.get(registration) ?? pLimit(limits.registration);
      each.set(registration, own);
      try {
        return await own(work);
      } finally {
        if (own.activeCount + own.pendingCount === 0) each.delete(registration);
      }
    },
    ofFlusher: (attempt) => all(attempt),
  };
}
