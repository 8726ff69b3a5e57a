import type { ParkedEntry } from '@tributary/lake';
import { readParkedKey } from '@tributary/schemas/lake/parked-key.ts';
import type { ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';

/** How many parked objects of one lane are known at a time; the next ones are found when these are gone. */
export const knownOfLaneMax = 500;

/** A parked object, as far as its owner knows it. */
export interface Waiting {
  readonly key: string;
  readonly bytes: number;
  facts: ParkedFacts | undefined;
  /** True when we parked it ourselves, and every try was refused for certain. Counts only while it has no note. */
  vouched: boolean;
  /** True while an operator's order lies beside it. */
  ordered: boolean;
  /** Which listing it is newer than. */
  readonly since: number;
}

/** The parked objects of one account for one location, in the order in which they are delivered. */
export interface Lane {
  readonly name: string;
  waiting: Waiting[];
  /** Why it refuses; undefined while it takes objects, as far as is known. */
  failing: ParkedFacts['fault'] | undefined;
  /** Ms since the epoch. */
  nextTry: number;
  working: boolean;
}

/** The parked objects of one hand-off partition. Pure, and bounded: of a lane with many, only the oldest are here. */
export class Backlog {
  readonly #lanes = new Map<string, Lane>();
  #listing = 0;
  objects = 0;
  bytes = 0;

  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  lane(name: string): Lane | undefined {
    return this.#lanes.get(name);
  }

  /** Adds an object that was just parked; what is known of it already stays. */
  add(name: string, object: Omit<Waiting, 'since' | 'ordered'>): Lane {
    const lane = this.#laneOf(name, 0);
    const found = lane.waiting.find(({ key }) => key === object.key);
    if (found !== undefined) {
      found.facts = object.facts;
      found.vouched = object.vouched;
      return lane;
    }
    this.objects += 1;
    this.bytes += object.bytes;
    if (lane.waiting.length < knownOfLaneMax) insert(lane.waiting, { ...object, ordered: false, since: this.#listing });
    return lane;
  }

  /** A listing begins: what is added from now on may be missing in it. */
  beginListing(): void {
    this.#listing += 1;
  }

  /** Goes by a listing that ended. Lanes with orders are due at once. */
  accept(entries: readonly ParkedEntry[], total: { objects: number; bytes: number }, now: number): void {
    const listed = Map.groupBy(entries, ({ key }) => readParkedKey(key)?.lane ?? '');
    listed.delete('');
    for (const name of new Set([...this.#lanes.keys(), ...listed.keys()])) {
      const lane = this.#laneOf(name, now);
      const known = new Map(lane.waiting.map((waiting) => [waiting.key, waiting]));
      const newer = lane.waiting.filter(({ since }) => since === this.#listing);
      const present = new Map<string, Waiting>();
      for (const { key, bytes, ordered } of listed.get(name) ?? []) {
        const fresh = { key, bytes, facts: undefined, vouched: false, ordered, since: this.#listing - 1 };
        const waiting = known.get(key) ?? fresh;
        waiting.ordered = ordered;
        if (ordered) lane.nextTry = now;
        present.set(key, waiting);
      }
      for (const waiting of newer) if (!present.has(waiting.key)) present.set(waiting.key, waiting);
      lane.waiting = [...present.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
    }
    this.objects = total.objects;
    this.bytes = total.bytes;
    this.#forgetEmpty();
  }

  /** The object is gone from our bucket. */
  remove(lane: Lane, { key, bytes }: Waiting): void {
    const at = lane.waiting.findIndex((waiting) => waiting.key === key);
    if (at < 0) return;
    lane.waiting.splice(at, 1);
    this.objects -= 1;
    this.bytes -= bytes;
  }

  /** Lanes without objects are forgotten, and with them that they refused. */
  #forgetEmpty(): void {
    for (const [name, lane] of this.#lanes) if (lane.waiting.length === 0 && !lane.working) this.#lanes.delete(name);
  }

  #laneOf(name: string, nextTry: number): Lane {
    const lane = this.#lanes.get(name) ?? { name, waiting: [], failing: undefined, nextTry, working: false };
    this.#lanes.set(name, lane);
    return lane;
  }
}

/** Adds one that isn't there yet, in the order of keys. */
function insert(into: Waiting[], waiting: Waiting): void {
  const at = into.findLastIndex(({ key }) => key < waiting.key) + 1;
  into.splice(at, 0, waiting);
}
