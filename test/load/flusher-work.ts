import { type CollectedMessage, Collector } from '@tributary/flusher/collector.ts';
import encodeCut, { type ParquetObject } from '@tributary/flusher/encode-worker.ts';
import { handoffRows } from '@tributary/flusher/handoff-rows.ts';
import { Marks } from '@tributary/flusher/marks.ts';
import { type PlannedObject, planObjects } from '@tributary/flusher/plan.ts';
import { handoffHeaders } from '@tributary/schemas/kafka/handoff.ts';
import type { OutgoingRecord } from '@tributary/stream';

/** One cut of a hand-off partition: its messages, and the objects to be made of them. */
export interface Cut {
  readonly messages: readonly CollectedMessage[];
  readonly objects: readonly PlannedObject[];
}

const partRows = 1_000_000;

/** What the flusher does with a window's messages until the objects are planned. Each hand-off topic has one partition. */
export function collect(published: readonly OutgoingRecord[]): Cut[] {
  return [...Map.groupBy(published, ({ topic }) => topic)].map(([handoffTopic, records]) => {
    const collector = new Collector(0, Marks.none);
    for (const [offset, { value, headers }] of records.entries()) {
      const bytes = sharedCopy(value as Buffer);
      const schemaFingerprint = String(headers![handoffHeaders.schemaFingerprint]);
      collector.add({ offset, bytes, rows: handoffRows(bytes), schemaFingerprint });
    }
    const messages = collector.upTo(collector.next);
    return { messages, objects: planObjects(messages, { handoffTopic, partition: 0, incarnation: 'bench', partRows }) };
  });
}

/** The encoding threads read a message without a copy. */
function sharedCopy(value: Buffer): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(value.byteLength));
  bytes.set(value);
  return bytes;
}

/** What an encoding thread does with the cuts, here in this thread: the objects as Parquet, in order. */
export async function encode(cuts: readonly Cut[]): Promise<ParquetObject[]> {
  const encoded: ParquetObject[] = [];
  for (const { messages, objects } of cuts) {
    const bytes = messages.map((message) => message.bytes);
    encoded.push(...(await encodeCut({ messages: bytes, objects: objects.map(({ rows }) => rows) })));
  }
  return encoded;
}
