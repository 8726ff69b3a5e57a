import type { ParkedEntry } from '@tributary/lake';
import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import { parkedFolder, readParkedKey } from '@tributary/schemas/lake/parked-key.ts';
import { encodeParkedNote, type ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import type { OwnedPartition, Refused } from '../partition.ts';
import { Attempt } from './attempt.ts';
import { Backlog, knownOfLaneMax, type Lane } from './backlog.ts';
import { isDue, pauseAfter, pausesOf } from './pauses.ts';

/** An object that a window parked, once the window is committed. */
export interface JustParked {
  readonly key: string;
  readonly bytes: number;
  readonly facts: ParkedFacts;
  /** Every try was refused for certain, and nobody else had the cut before. */
  readonly certain: boolean;
  readonly nextTry: number;
}

/** How often our bucket is listed while it holds objects: a fifth of a window, within these, ms. */
const listEvery = { leastMs: 1_000, mostMs: 60_000 };
const listingFailedMs = 5_000;

/**
 * The redelivery of one hand-off partition's parked objects: each lane in order, one object at a time, with growing
 * pauses while its lake refuses. It is driven by `tick`, runs beside the windows, and never holds one up.
 *
 * Several owners may do this at once, when one of them is a zombie: the conditional put makes that harmless, and the note
 * beside each object says who is trying where (`attempt.ts`).
 */
export class Redelivery {
  readonly #owned: Omit<OwnedPartition, 'redelivery'>;
  readonly #backlog = new Backlog();
  readonly #under = new Set<Promise<unknown>>();
  /** On the clock of `elapsed`. */
  #nextListing = 0;
  #listing = false;

  constructor(owned: Omit<OwnedPartition, 'redelivery'>) {
    this.#owned = owned;
  }

  /** Why objects of the lane go straight to our bucket at the moment; undefined while its lake may take them. */
  refusal(name: string): (Refused & { readonly nextTry: number }) | undefined {
    const lane = this.#backlog.lane(name);
    if (lane?.failing === undefined) return undefined;
    const nextTry = Math.max(lane.nextTry, this.#owned.parts.now());
    return {
      outcome: 'refused',
      fault: new Fault(lane.failing, 'not tried: it waits behind others'),
      certain: true,
      nextTry,
    };
  }

  /** When an object that is parked now is tried again. */
  firstTryAt(): number {
    return this.#owned.parts.now() + this.#pauseAfter(0);
  }

  /** Takes over what a window parked: only now, because only the commit says that nobody else has the cut. */
  add(parked: readonly JustParked[]): void {
    for (const { key, bytes, facts, certain, nextTry } of parked) {
      const lane = this.#backlog.add(readParkedKey(key)!.lane, { key, bytes, facts, vouched: certain });
      if (lane.failing === undefined) lane.nextTry = nextTry;
      lane.failing ??= facts.fault;
    }
    const vouched = parked.filter(({ certain }) => certain);
    if (vouched.length > 0) this.#begin(this.#vouch(vouched));
  }

  /** Objects, bytes and the age of the oldest that is known, ms. */
  get totals(): { readonly objects: number; readonly bytes: number; readonly oldestMs: number } {
    const { objects, bytes, lanes } = this.#backlog;
    const parkedAt = [...lanes].flatMap(({ waiting }) => waiting[0]?.facts?.parkedAt ?? []);
    return { objects, bytes, oldestMs: parkedAt.length === 0 ? 0 : this.#owned.parts.now() - Math.min(...parkedAt) };
  }

  /** The clock ticked: begins what is due, and waits for nothing. */
  tick(): void {
    const { released, committed, parts } = this.#owned;
    if (released.aborted || committed === undefined || this.#owned.draining()) return;
    if (parts.elapsed() >= this.#nextListing && !this.#listing) this.#begin(this.#list());
    const pauses = pausesOf(parts.limits.windowMs);
    for (const lane of this.#backlog.lanes)
      if (!lane.working && lane.waiting.length > 0 && isDue(lane.nextTry, parts.now(), pauses))
        this.#begin(this.#work(lane));
  }

  /** Resolves when nothing is under way any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#under);
  }

  #begin(work: Promise<unknown>): void {
    const settled = work
      .catch((error) => this.#owned.log.warn({ err: error }, 'redelivery stumbled; it goes on at the next tick'))
      .finally(() => this.#under.delete(settled));
    this.#under.add(settled);
  }

  async #list(): Promise<void> {
    const { parts, topic, partition } = this.#owned;
    this.#listing = true;
    try {
      this.#backlog.beginListing();
      const known: ParkedEntry[] = [];
      const total = { objects: 0, bytes: 0 };
      const ofLane = new Map<string, number>();
      for await (const entry of parts.parking.list(parkedFolder(topic, partition))) {
        const lane = readParkedKey(entry.key)?.lane;
        if (lane === undefined) continue;
        total.objects += 1;
        total.bytes += entry.bytes;
        ofLane.set(lane, (ofLane.get(lane) ?? 0) + 1);
        if (ofLane.get(lane)! <= knownOfLaneMax || entry.ordered) known.push(entry);
      }
      this.#backlog.accept(known, total, parts.now());
      this.#nextListing = parts.elapsed() + this.#listEveryMs();
    } catch (error) {
      this.#nextListing = parts.elapsed() + listingFailedMs;
      throw error;
    } finally {
      this.#listing = false;
    }
  }

  /** Writes down, for whoever owns the partition later, that the rows of these objects are nowhere. */
  async #vouch(parked: readonly JustParked[]): Promise<void> {
    for (const { key, facts, nextTry } of parked) {
      if (this.#owned.released.aborted) return;
      const note = encodeParkedNote({ tries: 0, nextTry, fault: facts.fault, certain: true });
      await this.#owned.parts.parking.writeNote(key, note, undefined);
    }
  }

  #listEveryMs(): number {
    const { windowMs } = this.#owned.parts.limits;
    if (this.#backlog.objects === 0) return windowMs;
    return Math.min(Math.max(windowMs / 5, listEvery.leastMs), listEvery.mostMs);
  }

  /** Works a lane until it is empty, or its first object has to wait. */
  async #work(lane: Lane): Promise<void> {
    const { parts } = this.#owned;
    lane.working = true;
    try {
      while (!this.#owned.released.aborted && !this.#owned.draining()) {
        const waiting = lane.waiting.find(({ ordered }) => ordered) ?? lane.waiting[0];
        if (waiting === undefined) break;
        const { ordered } = waiting;
        const attempt = new Attempt(this.#owned, waiting, (tries) => parts.now() + this.#pauseAfter(tries));
        const failing = lane.failing !== undefined;
        const answer = await parts.puts.ofRedelivery({ failing, bytes: waiting.bytes }, () => attempt.make());
        if (answer.outcome === 'waits') {
          if (answer.fault !== undefined) lane.failing = answer.fault;
          // An order that was found meanwhile needn't wait for the lane.
          const isOrdered = !ordered && lane.waiting.some((one) => one.ordered);
          lane.nextTry = isOrdered ? parts.now() : answer.until;
          return;
        }
        this.#backlog.remove(lane, waiting);
        // That it takes one doesn't tell that a slow lake is quick again: it first takes what waits.
        if (answer.outcome === 'delivered' && lane.failing !== 'lake-slow') lane.failing = undefined;
      }
      if (lane.waiting.length === 0) this.#emptied(lane);
    } catch (error) {
      lane.nextTry = parts.now() + this.#pauseAfter(0);
      throw error;
    } finally {
      lane.working = false;
    }
  }

  #emptied(lane: Lane): void {
    lane.failing = undefined;
    if (this.#backlog.objects > 0) this.#nextListing = 0;
  }

  #pauseAfter(tries: number): number {
    const { limits, random } = this.#owned.parts;
    return pauseAfter(tries, pausesOf(limits.windowMs), random());
  }
}

/** What a try came to: the object is gone from our bucket, or waits. A fault says that its lake refuses. */
export type AttemptAnswer =
  | { readonly outcome: 'delivered' | 'gone' }
  | { readonly outcome: 'waits'; readonly until: number; readonly fault?: FaultCode };
