import { type CollectedSection, Collector } from '@tributary/flusher/collector.ts';
import type { ParquetObject } from '@tributary/flusher/encode-worker.ts';
import { arrivedSections } from '@tributary/flusher/handoff-rows.ts';
import { Marks } from '@tributary/flusher/marks.ts';
import { createEncoder } from '@tributary/flusher/piscina.ts';
import { type PlannedObject, planObjects } from '@tributary/flusher/plan.ts';
import type { OutgoingRecord } from '@tributary/stream';

/** One cut of a hand-off partition: its messages, and the objects to be made of them. */
export interface Cut {
  readonly messages: readonly CollectedSection[];
  readonly objects: readonly PlannedObject[];
}

const partRows = 1_000_000;

/** What the flusher does with a window's messages until the objects are planned. Each hand-off topic has one partition. */
export function collect(published: readonly OutgoingRecord[]): Cut[] {
  return [...Map.groupBy(published, ({ topic }) => topic)].map(([handoffTopic, records]) => {
    const collector = new Collector(0, Marks.none);
    for (const [offset, record] of records.entries()) collector.add({ offset, sections: arrivedSections(record) });
    const messages = collector.upTo(collector.next);
    return { messages, objects: planObjects(messages, { handoffTopic, partition: 0, incarnation: 'bench', partRows }) };
  });
}

/** The service's encoder with one thread: it has a heap of its own, so what is held here doesn't slow its collector down. */
export class EncodeWork {
  readonly #encoder = createEncoder(1);

  /** The objects of the cuts as Parquet, in order, one cut after the other. */
  async encode(cuts: readonly Cut[]): Promise<ParquetObject[]> {
    const encoded: ParquetObject[] = [];
    for (const { messages, objects } of cuts) {
      const bytes = messages.map((message) => message.bytes);
      const rows = objects.map((object) => object.rows);
      encoded.push(...(await this.#encoder.encode(bytes, rows)));
    }
    return encoded;
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.#encoder.close();
  }
}
