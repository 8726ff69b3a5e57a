import { setTimeout as pause } from 'node:timers/promises';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { type CommittedOffset, createKafkajsStream } from '@tributary/stream';
import { deleteTopic } from '@tributary/stream/kafkajs-harness.ts';
import { type Acting, type Action, LeftOut } from './acting.ts';
import { again } from './again.ts';
import { recordsOf } from './kafka-evidence.ts';
import type { FaultKind } from './schedule.ts';
import type { World } from './world.ts';

/** The consumers' group. */
export const consumerGroup = 'tributary.consumer';

const consumers = ['consumer-1', 'consumer-2'] as const;
const drainWithinMs = 40_000;
const lookEveryMs = 500;
/** So far beyond the log that it never gets there. */
const farBeyond = 1_000_000;
const needs = () => ['kafka', 'redis', 'registry', 'group:consumer', ...consumers];

/** The faults that need an operator, who stops the consumers and starts them again. */
export const operatorActions = {
  'topic-recreated': { needs, run: ({ eventClass = 0 }, acting) => recreate(eventClass, acting) },
  'offset-out-of-range': { needs, run: ({ eventClass = 0, forMs }, acting) => misplace(eventClass, forMs, acting) },
} as const satisfies Partial<Record<FaultKind, Action>>;

/** As the operations guide says: let the consumers finish it, stop them, make it anew, raise its epoch. */
async function recreate(at: number, acting: Acting): Promise<string | undefined> {
  const { world, producer, offsets, incarnations, kept } = acting;
  const eventClass = eventClassNames[at]!;
  const topic = agentTopic(eventClass);
  await producer.hold(eventClass);
  try {
    if (!(await isDrained(world, topic))) throw new LeftOut('the consumers had not finished the topic in time');
    kept.push(...(await recordsOf(world.stream, topic, incarnations.get(topic)?.length ?? 0)));
    offsets.ignore(topic);
    await whileStopped(world, async () => {
      const cluster = { brokers: [world.endpoints.kafka], clientId: 'operator', log: silentLog };
      await again(() => deleteTopic(cluster, topic));
      // What was done is written down at once: consumers that start with the old epoch would have every row dropped as seen.
      world.epochs.set(topic, (world.epochs.get(topic) ?? 0) + 1);
      incarnations.set(topic, [...(incarnations.get(topic) ?? []), Date.now()]);
      // With a client of its own: one that has asked for the topic before asks for it with everything else.
      await again(() => makeTopics(createKafkajsStream(cluster)));
      for (const { partition } of await endsOf(world, topic))
        await commit(world, topic, partition, 0, encodeSourceProgress(Date.now()));
    });
    return undefined;
  } finally {
    offsets.watch(topic);
    await producer.release(eventClass);
  }
}

/** A wrong offset must be seen and said, never be replaced by another one. */
async function misplace(at: number, forMs: number, acting: Acting): Promise<string | undefined> {
  const { world, offsets, violations, lasting } = acting;
  const topic = agentTopic(eventClassNames[at]!);
  const partition = 0;
  let before: CommittedOffset | undefined;
  let wrong = 0;
  offsets.ignore(topic);
  try {
    await whileStopped(
      world,
      async () => {
        before = (await committedOf(world, topic)).get(partition);
        wrong = (await endsOf(world, topic))[partition]!.high + farBeyond;
        if (before?.offset !== undefined) await commit(world, topic, partition, wrong, before.metadata);
      },
      false,
    );
    if (before?.offset === undefined) throw new LeftOut('nothing had been committed yet');
    const said = await standsStill(world, lasting, forMs);
    await whileStopped(world, async () => {
      const found = (await committedOf(world, topic)).get(partition)?.offset;
      if (found !== wrong) violations.push(`${topic}/${partition}: the offset ${wrong} was replaced by ${found}`);
      await commit(world, topic, partition, before!.offset!, before!.metadata);
    });
    return said ? 'the partition stood still, and its consumer said so' : 'no consumer had said so in time';
  } finally {
    offsets.watch(topic);
  }
}

async function whileStopped(world: World, work: () => Promise<void>, wait = true): Promise<void> {
  await Promise.all(consumers.map((name) => world.services.stopOne(name)));
  const [worked] = await Promise.allSettled([work()]);
  await Promise.all(consumers.map((name) => world.services.startOne(name, wait && worked.status === 'fulfilled')));
  if (worked.status === 'rejected') throw worked.reason;
}

/** Whether a consumer said within 20 s that it isn't ready because a partition stands still. */
async function standsStill(world: World, lasting: Acting['lasting'], forMs: number): Promise<boolean> {
  const deadline = Date.now() + 20_000 + forMs;
  while (Date.now() < deadline) {
    for (const name of consumers) {
      const answer = await fetch(`${world.endpoints.metrics?.[name]}/readyz`).catch(() => undefined);
      if (answer !== undefined && /still/.test(await answer.text())) {
        await lasting(forMs);
        return true;
      }
    }
    await pause(lookEveryMs);
  }
  return false;
}

async function isDrained(world: World, topic: string): Promise<boolean> {
  const deadline = Date.now() + drainWithinMs;
  while (Date.now() < deadline) {
    const [ends, committed] = await Promise.all([endsOf(world, topic), committedOf(world, topic)]);
    if (ends.every(({ partition, high }) => high === 0 || committed.get(partition)?.offset === high)) return true;
    await pause(lookEveryMs);
  }
  return false;
}

function endsOf(world: World, topic: string) {
  return again(() => {
    const admin = world.stream.admin();
    return admin.ends(topic).finally(() => admin.close());
  });
}

function committedOf(world: World, topic: string) {
  return again(() => {
    const admin = world.stream.admin();
    return admin.committed(consumerGroup, topic).finally(() => admin.close());
  });
}

function commit(world: World, topic: string, partition: number, offset: number, metadata: string) {
  const transactionalId = `operator.${topic}.${partition}`;
  return again(async () => {
    const committer = world.stream.committer({ topic, partition, groupId: consumerGroup, transactionalId });
    try {
      await committer.fence();
      await committer.commit(offset, metadata);
    } finally {
      await committer.close();
    }
  });
}
