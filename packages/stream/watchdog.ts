import { partitionKey } from './partition-cursor.ts';
import type { Offset, TopicPartition } from './stream.ts';

/** What is to be seen of one partition: where its reader stands, and where the log ends. */
export interface PartitionSight extends TopicPartition {
  /** The next offset to be read; undefined while nobody knows. */
  readonly position: Offset | undefined;
  /** The log's end, from another connection than the reader's. */
  readonly end: Offset;
  /** It stands on purpose. */
  readonly isHeld: boolean;
}

/** What a watchdog remembers from look to look. */
export interface WatchState {
  /** Since when each partition has stood at its position, ms. */
  readonly standing: ReadonlyMap<string, { readonly position: Offset; readonly sinceMs: number }>;
  /** The partitions that the client was restarted for, and where they stood then. */
  readonly suspects: ReadonlyMap<string, Offset>;
}

/** What is to be done: nothing, a new client, or (when that did not help) a new process. */
export type Verdict = 'fine' | 'restart' | 'fail';

/** Before the first look. */
export const nothingSeen: WatchState = { standing: new Map(), suspects: new Map() };

/**
 * Judges whether partitions that should move do. One is stuck when it has stood still, not on purpose and behind the
 * log's end, for `stuckMsMax`. The first time that takes a restart of the client; a partition that stands where it stood
 * then for as long again, a new process.
 */
export function judge(
  before: WatchState,
  sights: readonly PartitionSight[],
  now: number,
  stuckMsMax: number,
): { readonly state: WatchState; readonly verdict: Verdict; readonly stuck: readonly PartitionSight[] } {
  const standing = new Map<string, { position: Offset; sinceMs: number }>();
  const suspects = new Map<string, Offset>();
  const stuck: PartitionSight[] = [];
  for (const sight of sights) {
    const key = partitionKey(sight.topic, sight.partition);
    const position = sight.position ?? -1;
    const last = before.standing.get(key);
    const mayStand = sight.isHeld || position >= sight.end;
    const sinceMs = mayStand || last?.position !== position ? now : last.sinceMs;
    standing.set(key, { position, sinceMs });
    const suspectedAt = before.suspects.get(key);
    if (suspectedAt !== undefined && position <= suspectedAt && position < sight.end) suspects.set(key, suspectedAt);
    if (now - sinceMs >= stuckMsMax) stuck.push(sight);
  }
  const keys = stuck.map(({ topic, partition }) => partitionKey(topic, partition));
  const verdict = stuck.length === 0 ? 'fine' : keys.some((key) => suspects.has(key)) ? 'fail' : 'restart';
  if (verdict === 'restart') {
    for (const key of keys) {
      const { position } = standing.get(key)!;
      suspects.set(key, position);
      standing.set(key, { position, sinceMs: now });
    }
  }
  return { state: { standing, suspects }, verdict, stuck };
}

/** After a look at which the log's ends were not to be had: while Kafka is away, standing still proves nothing. */
export function notSeen({ standing, suspects }: WatchState, now: number): WatchState {
  const anew = [...standing].map(([key, { position }]) => [key, { position, sinceMs: now }] as const);
  return { standing: new Map(anew), suspects };
}
