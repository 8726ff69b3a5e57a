import type { GroupSession } from './kafkajs-session.ts';
import { type PartitionCursor, partitionKey } from './partition-cursor.ts';
import type { TopicPartition } from './stream.ts';

/** Why a partition isn't fetched at the moment, beside the caller's own pause. */
export type Hold = 'assigning' | 'busy' | 'failed' | 'out-of-range' | 'undecodable';

/** Holds with a reason. A batch that is handled for ever, or a start that is never found out, is no purpose of anybody. */
export const heldOnPurpose: readonly Hold[] = ['failed', 'out-of-range', 'undecodable'];

/** A partition that is ours in one generation. */
export interface OwnedPartition extends TopicPartition {
  readonly holds: Set<Hold>;
  /** Undefined until it is known where the group stands. */
  cursor: PartitionCursor | undefined;
  timer?: NodeJS.Timeout;
}

/** The assignment of one generation. */
export interface Assignment {
  readonly session: GroupSession;
  readonly partitions: Map<string, OwnedPartition>;
}

/** The assignment that kafkajs tells as partition numbers by topic; nothing of it is fetched yet. */
export function newAssignment(session: GroupSession, byTopic: Readonly<Record<string, number[]>>): Assignment {
  const partitions = new Map<string, OwnedPartition>();
  for (const [topic, list] of Object.entries(byTopic))
    for (const partition of list)
      partitions.set(partitionKey(topic, partition), {
        topic,
        partition,
        holds: new Set(['assigning']),
        cursor: undefined,
      });
  return { session, partitions };
}
