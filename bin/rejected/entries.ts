import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { eventPosition, rejectedHeaders, requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import { eventClassOfTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Offset, Stream, StreamAdmin, StreamRecord } from '@tributary/stream';

/** A rejected event, as `rejected` keeps it. */
export interface RejectedEntry {
  /** Where it came from, by `eventPosition`. */
  readonly event: string;
  readonly eventClass: EventClass;
  readonly partition: number;
  readonly fault: string;
  readonly reason: string;
  /** Only where a registration wants it. */
  readonly account: string | undefined;
  /** When it was rejected, ms since the epoch. */
  readonly at: number;
  /** Bytes of the original, wherever they are. */
  readonly size: number;
  readonly key: Buffer | undefined;
  /** The rejected event that it says it was before. A producer may say anything: see `failedAgain`. */
  readonly requeuedFrom: string | undefined;
  /** The original bytes; null where it had none or they are too large to be kept. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** Which rejected events are meant; what is absent doesn't matter. */
export interface RejectedFilter {
  readonly events?: readonly string[];
  readonly eventClass?: EventClass;
  readonly fault?: string;
  readonly account?: string;
  /** Rejected at this time or later, ms since the epoch. */
  readonly since?: number;
}

/** What a record of `rejected` says; undefined where it isn't one of a consumer. */
export function entryOf({ headers, value, timestamp }: StreamRecord): RejectedEntry | undefined {
  const text = (name: string) => headers[name]?.toString();
  const eventClass = eventClassOfTopic(text(rejectedHeaders.sourceTopic) ?? '');
  const partition = Number(text(rejectedHeaders.sourcePartition) ?? Number.NaN);
  const offset = Number(text(rejectedHeaders.sourceOffset) ?? Number.NaN);
  const epoch = Number(text(rejectedHeaders.sourceEpoch) ?? 0);
  if (eventClass === undefined || ![partition, offset, epoch].every(Number.isSafeInteger)) return undefined;
  return {
    event: eventPosition({ eventClass, partition, offset, epoch }),
    ...{ eventClass, partition, value, headers, at: timestamp },
    fault: text(rejectedHeaders.fault) ?? '',
    reason: text(rejectedHeaders.reason) ?? '',
    account: text(rejectedHeaders.account),
    size: value?.length ?? Number(text(rejectedHeaders.bytesAtSource) ?? 0),
    key: headers[rejectedHeaders.originalKey],
    requeuedFrom: text(requeuedHeader),
  };
}

/** Whether the filter means this event. */
export function isMeant(entry: RejectedEntry, { events, eventClass, fault, account, since }: RejectedFilter): boolean {
  return (
    (events === undefined || events.includes(entry.event)) &&
    (eventClass === undefined || entry.eventClass === eventClass) &&
    (fault === undefined || entry.fault === fault) &&
    (account === undefined || entry.account === account) &&
    (since === undefined || entry.at >= since)
  );
}

/**
 * Hands over every rejected event that the filter means, each once though it may be written more often, oldest first.
 * Answers where it ended. With `to` it ends there.
 */
export async function readRejected(
  { stream, admin }: { readonly stream: Pick<Stream, 'read'>; readonly admin: Pick<StreamAdmin, 'startingAt'> },
  filter: RejectedFilter,
  onEntry: (entry: RejectedEntry) => Promise<void> | void,
  to?: Offset,
): Promise<Offset> {
  const seen = new Set<string>();
  const from = filter.since === undefined ? 0 : ((await admin.startingAt(rejectedTopic, filter.since)).get(0) ?? 0);
  if (to !== undefined && from >= to) return to;
  return stream.read({
    ...{ topic: rejectedTopic, partition: 0, from },
    ...(to === undefined ? {} : { to }),
    onRecord: async (record) => {
      const entry = entryOf(record);
      if (entry === undefined || seen.has(entry.event) || !isMeant(entry, filter)) return;
      seen.add(entry.event);
      await onEntry(entry);
    },
  });
}
