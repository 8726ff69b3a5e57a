import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { rejectedHeaders } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Stream } from '@tributary/stream';
import { uuidHeader } from './producer.ts';
import type { FoundRejection, LoggedRecord } from './verdict.ts';

/** How often each agent topic was made anew, and when last. */
export type Incarnations = ReadonlyMap<string, readonly number[]>;

const sourceOf = (topic: string, incarnation: number, partition: number, offset: number) =>
  `${topic}#${incarnation}/${partition}/${offset}`;

/** Every record of an agent topic as it is now. */
export async function recordsOf(
  stream: Pick<Stream, 'read' | 'admin'>,
  topic: string,
  incarnation: number,
): Promise<LoggedRecord[]> {
  const admin = stream.admin();
  const ends = await admin.ends(topic).finally(() => admin.close());
  const records: LoggedRecord[] = [];
  for (const { partition, low } of ends) {
    await stream.read({
      topic,
      partition,
      from: low,
      onRecord: ({ offset, headers, timestamp }) => {
        const uuid = headers[uuidHeader]?.toString() ?? '';
        records.push({ source: sourceOf(topic, incarnation, partition, offset), uuid, appendedAt: timestamp });
      },
    });
  }
  return records;
}

/** Every record of all agent topics as they are now. */
export async function allRecords(stream: Pick<Stream, 'read' | 'admin'>, made: Incarnations): Promise<LoggedRecord[]> {
  const topics = eventClassNames.map(agentTopic);
  const all: LoggedRecord[] = [];
  for (const topic of topics) all.push(...(await recordsOf(stream, topic, made.get(topic)?.length ?? 0)));
  return all;
}

/** Every record of `rejected`. A topic was read to its end before it was made anew, so a time tells which one is meant. */
export async function rejections(stream: Pick<Stream, 'read'>, made: Incarnations): Promise<FoundRejection[]> {
  const found: FoundRejection[] = [];
  await stream.read({
    topic: rejectedTopic,
    partition: 0,
    from: 0,
    onRecord: ({ headers, timestamp }) => {
      const text = (name: string) => headers[name]?.toString() ?? '';
      const topic = text(rejectedHeaders.sourceTopic);
      const incarnation = (made.get(topic) ?? []).filter((madeAt) => madeAt <= timestamp).length;
      const partition = Number(text(rejectedHeaders.sourcePartition));
      const offset = Number(text(rejectedHeaders.sourceOffset));
      found.push({ source: sourceOf(topic, incarnation, partition, offset), fault: text(rejectedHeaders.fault) });
    },
  });
  return found;
}
