import { decodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import type { CommittedOffset, Offset, PartitionEnds } from '@tributary/stream';

/** What time can hide from whoever reads a log; both in ms. */
export interface ArrivalSlack {
  /** How far the clocks of two brokers, or a broker's and ours, may be apart. */
  readonly clockSkewMs: number;
  /**
   * How long a record may have its append time before readers see it: it is shown only when every in-sync replica has
   * it. Source: Kafka, replica.lag.time.max.ms is 30 s.
   */
  readonly appendHiddenMs: number;
}

/** What holds in a cluster whose clocks are kept, with Kafka's own settings. */
export const arrivalSlack: ArrivalSlack = { clockSkewMs: 1_000, appendHiddenMs: 30_000 };

/** The partitions of an agent topic as they were read: what the consumers had committed, and *then* where the log ended. */
export interface SourceReading {
  readonly committed: ReadonlyMap<number, CommittedOffset>;
  readonly ends: readonly PartitionEnds[];
  /** Our clock before `ends` was asked for, ms since the epoch. */
  readonly askedAt: number;
}

/**
 * Every event of the class that arrived (was appended) up to this time, ms since the epoch, had been handed off when the
 * offsets were read; undefined when that can't be said. The smallest of its partitions' times: one that stands still
 * holds it back, one that is empty or wholly handed off doesn't.
 */
export function handedOffThrough(reading: SourceReading, slack: ArrivalSlack): number | undefined {
  let through = Number.POSITIVE_INFINITY;
  for (const end of reading.ends) {
    const time = partitionTime(end, reading.committed.get(end.partition), reading.askedAt, slack);
    if (time === undefined) return undefined;
    through = Math.min(through, time);
  }
  return Number.isFinite(through) ? through : undefined;
}

function partitionTime(
  { low, high }: PartitionEnds,
  committed: CommittedOffset | undefined,
  askedAt: number,
  { clockSkewMs, appendHiddenMs }: ArrivalSlack,
): number | undefined {
  const offset = committed?.offset;
  // Another log than the one that was committed, or one that lost events: a person must look.
  if (offset !== undefined && (offset > high || offset < low)) return undefined;
  const appended = offset === undefined ? undefined : decodeSourceProgress(committed?.metadata ?? '')?.appendedThrough;
  // The next event may have been appended in the same millisecond, by a leader whose clock is behind.
  const known = appended === undefined ? undefined : appended - 1 - clockSkewMs;
  if (!isHandedOff(offset, low, high)) return known;
  return Math.max(known ?? 0, askedAt - 1 - appendHiddenMs - clockSkewMs);
}

function isHandedOff(offset: Offset | undefined, low: Offset, high: Offset): boolean {
  return offset === undefined ? low === high : offset === high;
}
