import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '@tributary/schemas/faults.ts';
import { errorType } from './kafkajs-client.ts';
import type { Cluster } from './kafkajs-internals.ts';
import { refusalOf } from './kafkajs-refusal.ts';
import type { GroupSession } from './kafkajs-session.ts';
import type { Offset, TopicPartition } from './stream.ts';

const tries = 8;
const pauseMs = 200;
const refusals = ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'];

/**
 * Commits with the membership that delivered the records, also in later tries. kafkajs's own `commitOffsets` takes the
 * membership it holds when the request goes out: after a rebalance that is another generation's, which the broker accepts
 * without asking who owns the partition.
 */
export async function commitAs(
  cluster: Cluster,
  groupId: string,
  session: GroupSession,
  { topic, partition, offset, metadata }: TopicPartition & { offset: Offset; metadata: string },
): Promise<void> {
  const { memberId, generationId } = session;
  const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }];
  let { coordinator } = session;
  for (let tried = 1; ; tried++) {
    try {
      await coordinator.offsetCommit({ groupId, memberId, groupGenerationId: generationId, topics });
      return;
    } catch (error) {
      const refusal = refusalOf(error, `Read of group ${groupId} and of topic ${topic}`);
      if (refusal !== undefined) throw refusal;
      const type = errorType(error);
      if (type !== undefined && refusals.includes(type)) throw new Fault('fenced', type, { cause: error });
      if (tried === tries || type === 'OFFSET_METADATA_TOO_LARGE')
        throw new Fault('offsets-unknown', type ?? (error as Error).message, { cause: error });
      await sleep(pauseMs);
      coordinator = await cluster.findGroupCoordinator({ groupId }).catch(() => coordinator);
    }
  }
}
