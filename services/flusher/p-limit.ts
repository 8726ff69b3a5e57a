import { createPlaces } from '@tributary/lake';
import pLimit, { type LimitFunction } from 'p-limit';

/** Puts at once of one flusher, of one registration, into our own bucket, and of parked objects. */
export const putsAtOnce = { flusher: 64, registration: 4, parking: 16, redelivery: 4 } as const;

/** A put that takes longer than this leaves its place of the flusher to others, ms. */
const slowAfterMs = 3_000;
/** Slow puts at once beside the places: four each of 64 registrations whose lakes hang. */
export const slowPutsMax = 256;
/** Parked objects larger than this are delivered one at a time, beside one that is a probe, so that their bytes don't fill the memory. */
const largeBytes = 32 * 1_048_576;

/** How many of each at once. */
export interface PutNumbers {
  readonly flusher: number;
  readonly registration: number;
  readonly parking: number;
  /** Of registrations that take objects; as many again are probed of those that don't. */
  readonly redelivery: number;
}

/** The limits that a put passes, the narrower first: who waits for its own registration holds no place of the others. */
export interface PutLimits {
  /** Holds one of the registration's places until `work` is done, pauses between its tries included. */
  ofRegistration<T>(registration: string, work: () => Promise<T>): Promise<T>;
  /** Holds one of the flusher's places for one try; a try that hangs leaves it. */
  ofFlusher<T>(attempt: () => Promise<T>): Promise<T>;
  /** Holds one of the places for our own bucket. */
  ofParking<T>(attempt: () => Promise<T>): Promise<T>;
  /** Holds a place for the delivery of a parked object: lakes that refused before have places of their own. */
  ofRedelivery<T>(object: { readonly failing: boolean; readonly bytes: number }, work: () => Promise<T>): Promise<T>;
}

/** The limits of one flusher. */
export function limitPuts(changes: Partial<PutNumbers> = {}): PutLimits {
  const limits: PutNumbers = { ...putsAtOnce, ...changes };
  const all = createPlaces({ places: limits.flusher, slowAfterMs, slowMax: slowPutsMax });
  const parking = pLimit(limits.parking);
  const probes = redeliveryPlaces(limits.redelivery);
  const redeliveries = redeliveryPlaces(limits.redelivery);
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
    ofParking: (attempt) => parking(attempt),
    ofRedelivery: ({ failing, bytes }, work) => (failing ? probes : redeliveries)(bytes, work),
  };
}

/** Places of which a large object takes one as any other does, but no two large ones at once. */
function redeliveryPlaces(places: number): <T>(bytes: number, work: () => Promise<T>) => Promise<T> {
  const all = pLimit(places);
  const large = pLimit(1);
  return (bytes, work) => (bytes > largeBytes ? large(() => all(work)) : all(work));
}
