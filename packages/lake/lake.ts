import type { FaultCode } from '@tributary/schemas/faults.ts';
import type { Destination } from '@tributary/schemas/registration.ts';

/** One finished object and where it goes. */
export interface PutRequest {
  readonly destination: Destination;
  /** The customer's account id with us: the external id that the destination's role asks for. */
  readonly externalId: string;
  /** The whole key, prefix included (`objectKey` of the schemas). */
  readonly key: string;
  readonly body: Uint8Array;
  /** SHA-256 of the body, lower-case hex. Computed when absent. */
  readonly sha256?: string;
  /** Ends the try; the put then rejects with the signal's reason, and it is unknown whether the object landed. */
  readonly signal?: AbortSignal;
}

/** `already-there`: an object of that key existed (412). Keys name their rows, so that means the rows are delivered. */
export interface PutAnswer {
  readonly outcome: 'created' | 'already-there';
}

/**
 * The customers' lakes: puts one object, once, as the customer's role and nobody else. One try per call: who calls
 * decides about another (`putWithRetry`).
 */
export interface Lake {
  /**
   * Creates the object if none has its key. Rejects with a Fault of `role-refused`, `put-refused`, `bucket-missing`,
   * `lake-throttled`, `lake-conflict`, `lake-unavailable` or `credentials-expired`. After the last four it is unknown
   * whether the object landed; the same put again answers that.
   */
  put(request: PutRequest): Promise<PutAnswer>;
  /** Closes the connections. Puts under way fail. */
  close(): void;
}

/** The faults of a put that prove that nothing was written. */
export const refusedForCertain: ReadonlySet<FaultCode> = new Set(['role-refused', 'put-refused', 'bucket-missing']);
