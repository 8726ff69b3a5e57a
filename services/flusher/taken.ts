import { eventClassOfTopic } from '@tributary/schemas/kafka/topics.ts';
import type { TopicPartition } from '@tributary/stream';
import { Redelivery } from './parking/redelivery.ts';
import { type FlusherParts, type OwnedPartition, partitionIndex } from './partition.ts';
import { Signal } from './signal.ts';
import { spreadOf } from './window.ts';

/** A hand-off partition as it is when it has just become ours: nothing is known of it before the fence. */
export function justTaken(
  { topic, partition }: TopicPartition,
  parts: FlusherParts,
  { released, draining }: Pick<OwnedPartition, 'released' | 'draining'>,
): OwnedPartition {
  const eventClass = eventClassOfTopic(topic)!;
  const owned: Omit<OwnedPartition, 'redelivery'> = {
    topic,
    partition,
    eventClass,
    parts,
    released,
    draining,
    changed: new Signal(),
    log: parts.log.child({ topic, partition }),
    spreadMs: spreadOf(partitionIndex(eventClass, partition), parts.limits.windowMs),
    collector: undefined,
    committer: undefined,
    committed: undefined,
    incarnation: '',
    openedAt: 0,
    cut: undefined,
    cutAt: 0,
    cutSince: 0,
    encoded: [],
    durable: undefined,
    parked: [],
    redone: false,
    provenAt: 0,
    parkingFault: undefined,
    broken: undefined,
  };
  return Object.assign(owned, { redelivery: new Redelivery(owned) });
}
