/**
 * Sends hostile events through one consumer's pipeline and prints its resident memory as JSON. Every text is distinct, so
 * no dictionary helps; they come in Avro and in JSON, in large events and small ones. Run as a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { portionLimits, type SourceBatch } from '@tributary/consumer/batch.ts';
import { avroForm } from '@tributary/local/feed/registry.ts';
import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { AvroSchema, StreamRecord } from '@tributary/stream';
import { MemoryRegistry } from '@tributary/stream/memory-registry.ts';
import { ConsumerWork } from './consumer-work.ts';
import { account } from './events.ts';

/**
 * What the process prints: bytes of the events that were sent, resident memory before and at the most, rows handed off, and
 * the longest time (of the thread's CPU) for which no heartbeat could go out while a batch of 16 MB was worked on.
 */
export interface MemoryFigures {
  readonly sentBytes: number;
  readonly residentBefore: number;
  readonly residentMax: number;
  readonly handedOff: number;
  readonly longestSliceMs: number;
}

/** What some classes demand, so that there is a row. */
const demanded = {
  src: '10.0.0.1',
  dst: '10.0.0.2',
  objectUser: 'u',
  objectRegistryKeyHandle: 'HKLM\\a',
  objectRegistryValue: 'v',
};

/** An event whose texts nobody has seen: `length` characters in each of six fields. */
function hostile(eventClass: EventClass, length: number): Record<string, unknown> {
  const text = () => randomBytes(length >> 1).toString('hex');
  return {
    uuid: text(),
    accountId: account,
    eventId: eventClasses[eventClass].agentEventId,
    eventSubId: 2,
    eventTime: Date.UTC(2026, 0, 15),
    endpointGuid: text(),
    endpointHostName: text(),
    objectPid: randomBytes(3).readUIntBE(0, 3),
    objectCmd: text(),
    objectFilePath: `/${text()}/${text()}`,
    processCmd: text(),
    processPid: randomBytes(3).readUIntBE(0, 3),
    ...demanded,
  };
}

async function portion(
  registry: MemoryRegistry,
  { eventClass, id }: Source,
  length: number,
  first: number,
): Promise<SourceBatch> {
  const records: StreamRecord[] = [];
  for (let bytes = 0; bytes < portionLimits.bytes && records.length < portionLimits.records; ) {
    const event = hostile(eventClass, length);
    const isJson = records.length % 4 === 3;
    const value = isJson ? Buffer.from(JSON.stringify(event)) : await registry.encode(id, avroForm(event));
    records.push({ offset: first + records.length, key: null, value, headers: {}, timestamp: Date.UTC(2026, 0, 15) });
    bytes += value.length;
  }
  return { topic: agentTopic(eventClass), partition: 0, eventClass, records };
}

/** A class, and the id of the schema that writes it. */
interface Source {
  readonly eventClass: EventClass;
  readonly id: number;
}

async function sourceOf(registry: MemoryRegistry, eventClass: EventClass): Promise<Source> {
  const schema = activitySchema(eventClass) as unknown as AvroSchema;
  return { eventClass, id: await registry.register(agentTopic(eventClass), schema) };
}

if (import.meta.main) {
  const sentMin = Number(process.argv[2]) * 1024 * 1024;
  const registry = new MemoryRegistry(Date.now);
  const sources = await Promise.all(eventClassNames.map((eventClass) => sourceOf(registry, eventClass)));
  const work = new ConsumerWork(registry);
  const residentBefore = process.memoryUsage.rss();
  let sentBytes = 0;
  let residentMax = 0;
  let handedOff = 0;
  // Of each class six short texts, texts as long as a command line, and events above what columns take.
  for (let round = 0; sentBytes < sentMin; round++) {
    const own = sources[Math.floor(round / 3) % sources.length]!;
    const source = await portion(registry, own, [24, 300, 12_000][round % 3]!, handedOff);
    sentBytes += source.records.reduce((sum, { value }) => sum + value!.length, 0);
    const messages = await work.run([source]);
    handedOff += source.records.length;
    if (messages.length === 0 || messages.some((record) => record.topic !== `ocsf.${own.eventClass}`)) {
      throw new Error('an event was not handed off');
    }
    residentMax = Math.max(residentMax, process.memoryUsage.rss());
  }
  const figures: MemoryFigures = {
    sentBytes,
    residentBefore,
    residentMax,
    handedOff,
    longestSliceMs: Math.round(work.longestSliceMs),
  };
  console.log(JSON.stringify(figures));
}
