import { Fault } from '@tributary/schemas/faults.ts';
import { expiredKeyOf, noteKeyOf, orderKeyOf } from '@tributary/schemas/lake/parked-key.ts';
import type { ParkedFacts, ParkedOrder } from '@tributary/schemas/lake/parked-object.ts';
import type { Parking, VersionedNote } from './parking.ts';

interface Parked {
  readonly body: Uint8Array;
  readonly facts: ParkedFacts;
}

/** A bucket for parked objects in memory, which a test can look into and take away. */
export interface MemoryParking extends Parking {
  /** Every object, by key: parked and given up. */
  readonly objects: ReadonlyMap<string, Parked>;
  /** The notes, by the key of the note. */
  readonly notes: ReadonlyMap<string, VersionedNote>;
  /** While true, everything rejects. */
  away: boolean;
}

/** A bucket for tests, which passes the same contract suite as the real one. */
export function createMemoryParking(): MemoryParking {
  const objects = new Map<string, Parked>();
  const notes = new Map<string, VersionedNote>();
  const orders = new Map<string, ParkedOrder>();
  const answer = () => {
    if (parking.away) throw new Fault('parking-unavailable', 'the bucket is away');
  };
  const parking: MemoryParking = {
    objects,
    notes,
    away: false,
    async park({ key, body, facts, signal }) {
      signal?.throwIfAborted();
      answer();
      if (objects.has(key)) return 'already-there';
      objects.set(key, { body: Uint8Array.from(body), facts });
      return 'created';
    },
    async *list(prefix) {
      answer();
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
      for (const key of keys.sort()) {
        const parked = objects.get(key);
        if (parked !== undefined) yield { key, bytes: parked.body.byteLength, ordered: orders.has(orderKeyOf(key)) };
      }
    },
    async facts(key) {
      answer();
      return objects.get(key)?.facts;
    },
    async read(key) {
      answer();
      return objects.get(key);
    },
    ...besides(notes, orders, answer),
    async keepExpired(key) {
      answer();
      const parked = objects.get(key);
      if (parked !== undefined) objects.set(expiredKeyOf(key), parked);
    },
    async remove(key) {
      answer();
      objects.delete(key);
      notes.delete(noteKeyOf(key));
      orders.delete(orderKeyOf(key));
    },
    close() {},
  };
  return parking;
}

/** What lies beside the objects. */
function besides(notes: Map<string, VersionedNote>, orders: Map<string, ParkedOrder>, answer: () => void) {
  let versions = 0;
  return {
    async readNote(key: string) {
      answer();
      return notes.get(noteKeyOf(key));
    },
    async writeNote(key: string, text: string, version: string | undefined) {
      answer();
      if (notes.get(noteKeyOf(key))?.version !== version) return 'conflict';
      const written = { text, version: String(++versions) };
      notes.set(noteKeyOf(key), written);
      return written.version;
    },
    async order(key: string, order: ParkedOrder) {
      answer();
      orders.set(orderKeyOf(key), order);
    },
    async readOrder(key: string) {
      answer();
      return orders.get(orderKeyOf(key));
    },
    async clearOrder(key: string) {
      answer();
      orders.delete(orderKeyOf(key));
    },
  } satisfies Partial<Parking>;
}
