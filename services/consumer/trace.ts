import { inSpan, linksTo, traceHeader } from '@tributary/service';
import type { SourceBatch } from './batch.ts';

/** Works a portion of a source partition within one span, which is linked to the contexts that its records carry. */
export function inBatchSpan<T>(source: SourceBatch, work: () => Promise<T>): Promise<T> {
  const { topic, partition, records } = source;
  return inSpan(
    `process ${topic}`,
    {
      kind: 'consumer',
      parent: { traceparent: undefined },
      attributes: () => ({
        'messaging.system': 'kafka',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.batch.message_count': records.length,
        'tributary.first_offset': records[0]!.offset,
        'tributary.last_offset': records.at(-1)!.offset,
      }),
      links: () => linksTo(traceparentsOf(source)),
    },
    work,
  );
}

function* traceparentsOf({ records }: SourceBatch): Generator<Buffer | undefined> {
  for (const { headers } of records) yield headers[traceHeader];
}
