import type { Offset, StreamAdmin, TopicPartition } from './stream.ts';

/** How far a partition has been taken; undefined where only the group's commit says so. */
export interface Position extends TopicPartition {
  readonly next: Offset | undefined;
}

/**
 * By topic of `topics`, how many records of our partitions nobody has taken yet: the log's end minus the next one. 0 for a
 * topic of which we have no partition, so that the sum over all members is the group's.
 */
export async function unprocessedRecords(
  admin: Pick<StreamAdmin, 'ends' | 'committed'>,
  groupId: string,
  topics: readonly string[],
  positions: readonly Position[],
): Promise<Map<string, number>> {
  const counted = topics.map(async (topic): Promise<[string, number]> => {
    const ours = positions.filter((position) => position.topic === topic);
    if (ours.length === 0) return [topic, 0];
    const ends = await admin.ends(topic);
    const unknown = ours.some(({ next }) => next === undefined);
    const committed = unknown ? await admin.committed(groupId, topic) : undefined;
    const left = ours.map(({ partition, next }) => {
      const end = ends.find((one) => one.partition === partition);
      if (end === undefined) return 0;
      return Math.max(0, end.high - Math.max(end.low, next ?? committed?.get(partition)?.offset ?? end.low));
    });
    return [topic, left.reduce((sum, one) => sum + one, 0)];
  });
  return new Map(await Promise.all(counted));
}

/** Calls `look` every `everyMs`, never twice at once, until it is stopped. A failure waits for the next time. */
export function lookEvery(everyMs: number, look: () => Promise<void>): { stop(): void } {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => undefined)
      .finally(() => {
        looking = false;
      });
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
