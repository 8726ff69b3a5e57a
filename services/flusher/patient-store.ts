import { type Lake, putWithRetry, refusedForCertain } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import type { ObjectStore } from './partition.ts';

/** The clock and the chance of tries. */
interface Trying {
  /** Ms on a clock that only goes forward. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** Puts into the lakes, again and again for as long as the patience of each put lasts. */
export function patientStore(lake: Lake, trying: Trying): ObjectStore {
  return {
    async put({ patience, place, onFault, ...request }) {
      let certain = true;
      const onFailedTry = ({ code }: Fault) => {
        certain &&= refusedForCertain.has(code);
        onFault(code);
      };
      try {
        return await putWithRetry(lake, request, { ...trying, patience, onFailedTry, ...(place ? { place } : {}) });
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { outcome: 'refused', fault: error, certain };
      }
    },
  };
}
