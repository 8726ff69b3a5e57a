import { portionLimits } from '@tributary/consumer/batch.ts';
import type { SourceSpan } from '@tributary/schemas/kafka/operations.ts';
import type { Stream, StreamRecord } from '@tributary/stream';

/** Where events are read from, and how it is told of. */
export interface SourceReading {
  readonly stream: Pick<Stream, 'read'>;
  readonly topic: string;
  readonly signal: AbortSignal;
  /** Told with each portion, and of a batch that nobody can decode, which is stepped over: it is in `rejected`. */
  readonly onPortion: (span: SourceSpan, records: readonly StreamRecord[]) => Promise<void>;
  readonly onUndecodable?: () => void;
}

/** Reads a span in portions as large as those in which a consumer works. Rejects with the signal's reason when it aborts. */
export async function readSpan({ partition, from, to }: SourceSpan, reading: SourceReading): Promise<void> {
  const { stream, topic, signal, onPortion, onUndecodable } = reading;
  if (from >= to) return;
  let records: StreamRecord[] = [];
  let bytes = 0;
  let begin = from;
  const hand = async (end: number) => {
    const portion = records;
    const span = { partition, from: begin, to: end };
    records = [];
    bytes = 0;
    begin = end;
    if (portion.length > 0) await onPortion(span, portion);
  };
  await stream.read({
    ...{ topic, partition, from, to, signal },
    onRecord: async (record) => {
      records.push(record);
      bytes += record.value?.length ?? 0;
      if (records.length >= portionLimits.records || bytes >= portionLimits.bytes) await hand(record.offset + 1);
    },
    onUndecodable: () => onUndecodable?.(),
  });
  signal.throwIfAborted();
  await hand(to);
}
