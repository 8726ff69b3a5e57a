/** What a partition holds in memory. */
export interface PartitionMemory {
  readonly key: string;
  /** Bytes of its collected hand-off messages. */
  readonly bytes: number;
  /** Bytes of the objects that were made of them and wait to be put. */
  readonly encodedBytes: number;
  /** True while a cut that a former owner journalled is not all here: without its rows it can never be finished. */
  readonly mustRedo: boolean;
  /** True while the partition stands still: what it fetches would be thrown away. */
  readonly stands: boolean;
}

/** When fetching pauses, in bytes of collected hand-off messages and of objects that wait to be put. */
export interface MemoryLimits {
  /** Of all partitions together. */
  readonly memoryBytesMax: number;
  /** A partition's cut comes early at so many; it may hold as many again while that cut is being delivered. */
  readonly cutBytesMax: number;
}

/** Paused partitions go on when all together are below this share of the limit, so that they don't flutter at it. */
const goOnBelow = 0.8;

/**
 * The keys of the partitions that must not fetch now; `paused` are those that don't at present. A partition whose lake
 * is slow pauses by itself at twice its cut, so that it leaves the memory to the others (invariant 3).
 */
export function mustPause(
  partitions: readonly PartitionMemory[],
  limits: MemoryLimits,
  paused: ReadonlySet<string>,
): Set<string> {
  const total = bytesIn(partitions);
  const full = total >= limits.memoryBytesMax;
  const stillFull = total >= limits.memoryBytesMax * goOnBelow;
  // One redo at a time goes on whatever is held, always the same one first: several could fill the memory together.
  const redoFirst = partitions
    .filter(({ mustRedo }) => mustRedo)
    .map(({ key }) => key)
    .sort()[0];
  return new Set(
    partitions
      .filter(({ key, bytes, mustRedo, stands }) => {
        if (stands) return true;
        if (mustRedo) return full && key !== redoFirst;
        return full || bytes >= 2 * limits.cutBytesMax || (stillFull && paused.has(key));
      })
      .map(({ key }) => key),
  );
}

/** What all partitions hold together. */
export function bytesIn(partitions: readonly PartitionMemory[]): number {
  return partitions.reduce((sum, { bytes, encodedBytes }) => sum + bytes + encodedBytes, 0);
}
