import type { Consumer } from 'kafkajs';
import type { MemberOptions } from './kafkajs-consumer.ts';
import type { GroupSession } from './kafkajs-session.ts';
import { isLongerThan } from './longer-than.ts';

/** A fetch that isn't answered must not hold up the end: the caller cuts the connections after these times. */
const leaveWithinMs = 4_000;
const answerWithinMs = 1_000;

/**
 * Leaves the group, within five seconds. kafkajs leaves only after its last fetch was answered; where that takes too long
 * the leave is sent at once, because others would wait for the partitions until the session times out. Never rejects.
 */
export async function leaveGroup(
  consumer: Consumer,
  session: GroupSession | undefined,
  { log, groupId }: Pick<MemberOptions, 'log' | 'groupId'>,
): Promise<void> {
  const leaving = consumer.disconnect().catch((error: unknown) => {
    log.warn({ groupId, err: error }, 'leaving the group failed');
  });
  if (!(await isLongerThan(leaving, leaveWithinMs)) || session === undefined) return;
  log.warn({ groupId }, 'leaves the group while a fetch has no answer');
  const { coordinator, memberId } = session;
  const told = coordinator.leaveGroup({ groupId, memberId }).catch(() => undefined);
  await isLongerThan(told, answerWithinMs);
}
