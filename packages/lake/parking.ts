import type { ParkedFacts, ParkedOrder } from '@tributary/schemas/lake/parked-object.ts';

/** A finished object that its lake didn't take. */
export interface ParkRequest {
  readonly key: string;
  readonly body: Uint8Array;
  readonly facts: ParkedFacts;
  /** Ends the try; it is then unknown whether the object landed. */
  readonly signal?: AbortSignal;
}

/** A parked object as a listing shows it. */
export interface ParkedEntry {
  readonly key: string;
  readonly bytes: number;
  /** True when an operator's order lies beside it. */
  readonly ordered: boolean;
}

/** The text of a note, and what must be named to change it. */
export interface VersionedNote {
  readonly text: string;
  readonly version: string;
}

/**
 * Our own bucket for objects that their lakes refuse, under our own credentials. Everything rejects with
 * Fault('parking-unavailable') when the bucket doesn't do what is asked; whoever asked may ask again.
 */
export interface Parking {
  /** Creates the object if none has its key: the same again changes nothing. */
  park(request: ParkRequest): Promise<'created' | 'already-there'>;
  /** The objects under a prefix in the order of their keys. */
  list(prefix: string): AsyncIterable<ParkedEntry>;
  /** What was written down with the object; undefined when there is none. */
  facts(key: string): Promise<ParkedFacts | undefined>;
  /** The object with its facts; undefined when there is none. */
  read(key: string): Promise<{ readonly body: Uint8Array; readonly facts: ParkedFacts } | undefined>;
  /** The note beside the object; undefined when there is none. */
  readNote(key: string): Promise<VersionedNote | undefined>;
  /** Writes the note if it still has this version (undefined: if there is none), and answers the new version. */
  writeNote(key: string, text: string, version: string | undefined): Promise<string | 'conflict'>;
  /** Leaves an order beside the object, in the place of one that is there. */
  order(key: string, order: ParkedOrder): Promise<void>;
  /** The order beside the object; undefined when there is none. */
  readOrder(key: string): Promise<ParkedOrder | undefined>;
  /** Deletes the order: it was obeyed. */
  clearOrder(key: string): Promise<void>;
  /** Copies the object to where given-up objects lie. The same again changes nothing. */
  keepExpired(key: string): Promise<void>;
  /** Deletes the object, then what lies beside it. What is gone already is no fault. */
  remove(key: string): Promise<void>;
  /** Closes the connections. */
  close(): void;
}
