/**
 * Sends hostile events through one consumer's pipeline and prints its resident memory as JSON. Every text is distinct, so
 * no dictionary helps; they come in Avro and in JSON, in large events and small ones. Run as a process of its own.
 */
import { randomBytes } from 'node:crypto';
import { portionLimits, type SourceBatch } from '@tributary/consumer/batch.ts';
import { avroForm } from '@tributary/local/feed/registry.ts';
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

const eventClass = 'process-activity';
const topic = agentTopic(eventClass);

/** An event whose texts nobody has seen: `length` characters in each of six fields. */
function hostile(length: number): Record<string, unknown> {
  const text = () => randomBytes(length >> 1).toString('hex');
  return {
    uuid: text(),
    accountId: account,
    eventId: 1,
    eventSubId: 2,
    eventTime: Date.UTC(2026, 0, 15),
    endpointGuid: text(),
    endpointHostName: text(),
    objectPid: randomBytes(3).readUIntBE(0, 3),
    objectCmd: text(),
    objectFilePath: `/${text()}/${text()}`,
    processCmd: text(),
    processPid: randomBytes(3).readUIntBE(0, 3),
  };
}

async function portion(registry: MemoryRegistry, id: number, length: number, first: number): Promise<SourceBatch> {
  const records: StreamRecord[] = [];
  for (let bytes = 0; bytes < portionLimits.bytes && records.length < portionLimits.records; ) {
    const event = hostile(length);
    const isJson = records.length % 4 === 3;
    const value = isJson ? Buffer.from(JSON.stringify(event)) : await registry.encode(id, avroForm(event));
    records.push({ offset: first + records.length, key: null, value, headers: {}, timestamp: Date.UTC(2026, 0, 15) });
    bytes += value.length;
  }
  return { topic, partition: 0, eventClass, records };
}

if (import.meta.main) {
  const sentMin = Number(process.argv[2]) * 1024 * 1024;
  const registry = new MemoryRegistry(Date.now);
  const id = await registry.register(topic, activitySchema(eventClass) as unknown as AvroSchema);
  const work = new ConsumerWork(registry);
  const residentBefore = process.memoryUsage.rss();
  let sentBytes = 0;
  let residentMax = 0;
  let handedOff = 0;
  // Six short texts, texts as long as a command line, and events above what columns take.
  for (let round = 0; sentBytes < sentMin; round++) {
    const source = await portion(registry, id, [24, 300, 12_000][round % 3]!, handedOff);
    sentBytes += source.records.reduce((sum, { value }) => sum + value!.length, 0);
    const messages = await work.run([source]);
    handedOff += source.records.length;
    if (messages.length === 0 || messages.some((record) => record.topic !== `ocsf.${eventClass}`)) {
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
