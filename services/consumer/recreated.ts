import { Fault } from '@tributary/schemas/faults.ts';
import { decodeHandoffCommit } from '@tributary/schemas/kafka/handoff-commit.ts';
import { epochOfCommit } from '@tributary/schemas/kafka/source-progress.ts';
import { eventClassOfTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Offset, StreamAdmin } from '@tributary/stream/stream.ts';

/** A source partition before it is read: where our group stands in it, and where its log begins and ends. */
export interface SourceSight {
  /** Undefined where the group has committed nothing of it. Kafka deletes what a group committed together with the topic. */
  readonly committed: Offset | undefined;
  readonly low: Offset;
  readonly high: Offset;
}

/** True where the log may be another one than that of which rows were delivered: the group hasn't begun it, or can't go on. */
export function isInDoubt({ committed, low, high }: SourceSight): boolean {
  return committed === undefined || committed <= low || committed > high;
}

/**
 * Whether the log is to be taken for one that was made anew under an epoch that is used already. `mark` is the highest of
 * its offsets of which a row was delivered in that epoch, -1 where there is none.
 *
 * INVARIANT 1 (nothing is lost): a flusher drops what lies at or below a mark as seen before. A mark at or beyond the
 * log's end is of another log for certain. One within it may be of this log, whose offsets the group has lost: a commit
 * at the log's start says so, and nobody but an operator can.
 */
export function isMadeAnew({ committed, low, high }: SourceSight, mark: Offset): boolean {
  return mark >= low && (mark >= high || committed === undefined);
}

/** Whom to ask about source partitions. */
export interface SourceLogs {
  readonly admin: Pick<StreamAdmin, 'committed' | 'ends'>;
  readonly groupId: string;
  readonly flusherGroupId: string;
  /** The source epoch of an agent topic. */
  readonly epochOf: (topic: string) => number;
}

/** What was found out about partitions of a topic. */
export interface SourceVerdict {
  /** They must not be read. */
  readonly recreated: ReadonlyMap<number, Fault>;
  /** Of the others, those of which the group has committed nothing yet. */
  readonly unclaimed: readonly number[];
}

/** Judges these partitions of `topic`. Rejects when it can't be known. */
export type JudgeSources = (topic: string, partitions: readonly number[]) => Promise<SourceVerdict>;

/**
 * Looks for logs that were made anew under an epoch that is used already, or that others read in a later one. A topic is
 * made anew as a whole: with one of its partitions, whoever owns it, all are; where that isn't certain, all that are in
 * doubt. The flushers' group is only asked where there is doubt.
 */
export function judgeSources(logs: SourceLogs): JudgeSources {
  return async (topic, partitions) => {
    const epoch = logs.epochOf(topic);
    const isOurs = ({ partition }: Sight) => partitions.includes(partition);
    const sights = await sightsOf(topic, logs);
    const ahead = sights.find((sight) => sight.epoch > epoch);
    if (ahead !== undefined) {
      const detail = `${topic}-${ahead.partition} is read in epoch ${ahead.epoch}, and this consumer has ${epoch}: set ${topic}=${ahead.epoch}`;
      return refused(sights.filter(isOurs), detail);
    }
    if (!sights.some(isInDoubt)) return nothingFound;
    const marks = await highestMarks(topic, epoch, logs);
    const markOf = ({ partition }: Sight) => marks.get(partition) ?? -1;
    // Seen again after the marks: a log that grew meanwhile is not taken for one that is too short for them.
    const doubtful = (await sightsOf(topic, logs)).filter(isInDoubt);
    const proofs = doubtful.filter((sight) => isMadeAnew(sight, markOf(sight)));
    const certain = proofs.find((sight) => markOf(sight) >= sight.high);
    const proof = certain ?? proofs[0];
    if (proof !== undefined) {
      const detail = `rows of ${topic}-${proof.partition} up to offset ${markOf(proof)} were delivered in epoch ${epoch}, and its log has ${proof.low} to ${proof.high}: set ${topic}=${epoch + 1}`;
      return refused((certain === undefined ? doubtful : sights).filter(isOurs), detail);
    }
    const unclaimed = doubtful.filter((sight) => isOurs(sight) && sight.committed === undefined);
    return { ...nothingFound, unclaimed: unclaimed.map(({ partition }) => partition) };
  };
}

const nothingFound: SourceVerdict = { recreated: new Map(), unclaimed: [] };

/** A partition of a topic, with the source epoch in which the group has committed it. */
interface Sight extends SourceSight {
  readonly partition: number;
  readonly epoch: number;
}

async function sightsOf(topic: string, { admin, groupId }: SourceLogs): Promise<Sight[]> {
  const [committed, ends] = await Promise.all([admin.committed(groupId, topic), admin.ends(topic)]);
  return ends.map((end) => {
    const { offset, metadata } = committed.get(end.partition) ?? { offset: undefined, metadata: '' };
    return { ...end, committed: offset, epoch: epochOfCommit(metadata) };
  });
}

function refused(sights: readonly Sight[], detail: string): SourceVerdict {
  const fault = new Fault('topic-recreated', detail);
  return { ...nothingFound, recreated: new Map(sights.map(({ partition }) => [partition, fault])) };
}

/** By source partition, the highest mark of an epoch over all hand-off partitions. */
async function highestMarks(
  topic: string,
  epoch: number,
  { admin, flusherGroupId }: SourceLogs,
): Promise<Map<number, Offset>> {
  const committed = await admin.committed(flusherGroupId, handoffTopic(eventClassOfTopic(topic)!));
  const highest = new Map<number, Offset>();
  for (const { metadata } of committed.values())
    for (const [of, partition, offset] of decodeHandoffCommit(metadata).marks)
      if (of === epoch) highest.set(partition, Math.max(offset, highest.get(partition) ?? -1));
  return highest;
}
