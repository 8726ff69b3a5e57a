import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { RoutedRow } from './batch.ts';

/** Rows that become one hand-off message. */
export interface MessageRows {
  readonly handoffPartition: number;
  readonly ocsfVersion: OcsfVersion;
  readonly rows: readonly RoutedRow[];
}

/** How much goes into one message. A row that is larger alone still gets one. */
export interface MessageLimits {
  readonly rowsMax: number;
  /** Of the source records; a row is about `rowGrowth` times as large. */
  readonly sourceBytesMax: number;
}

/** An encoded message may hold 12 MiB; one row alone may be larger, up to what the topic takes. */
export const messageBytesMax = 12 * 1024 * 1024;
/** The topic takes 16 MiB; the difference is for Kafka's own framing and the headers. */
export const loneRowBytesMax = 15 * 1024 * 1024;
/** Measured: 1.2 KB of Avro become 2.4 KB of Arrow. */
const rowGrowth = 2.5;

/** Arrow costs about 4 ms a message whatever it holds, so messages are as large as the topic comfortably takes. */
export const messageLimits: MessageLimits = { rowsMax: 10_000, sourceBytesMax: messageBytesMax / rowGrowth };

/**
 * Groups rows (in source-offset order) into messages. Within a hand-off partition the messages, one after the other,
 * hold the rows in source-offset order: the flusher's high-water mark drops a row that comes behind a later one. So a
 * message ends where the OCSF version changes, and never gathers the rows of one version from among another's.
 */
export function messagesOf(routed: readonly RoutedRow[], limits: MessageLimits = messageLimits): MessageRows[] {
  const messages: MessageRows[] = [];
  const open = new Map<number, { version: OcsfVersion; rows: RoutedRow[]; bytes: number }>();
  for (const row of routed) {
    const bytes = row.record.value?.length ?? 0;
    const current = open.get(row.handoffPartition);
    const fits =
      current !== undefined &&
      current.version === row.ocsfVersion &&
      current.rows.length < limits.rowsMax &&
      current.bytes + bytes <= limits.sourceBytesMax;
    if (fits) {
      current.rows.push(row);
      current.bytes += bytes;
      continue;
    }
    const rows = [row];
    open.set(row.handoffPartition, { version: row.ocsfVersion, rows, bytes });
    messages.push({ handoffPartition: row.handoffPartition, ocsfVersion: row.ocsfVersion, rows });
  }
  return messages;
}

/** A message that became too large, as two that come in its place, in order. */
export function halves(message: MessageRows): readonly [MessageRows, MessageRows] {
  const middle = message.rows.length >> 1;
  return [
    { ...message, rows: message.rows.slice(0, middle) },
    { ...message, rows: message.rows.slice(middle) },
  ];
}
