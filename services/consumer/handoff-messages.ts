import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';

/** Rows on their way, by their places in the batch: where they go, and how much each came from. */
export interface OutgoingRows {
  /** In source-offset order. */
  readonly places: readonly number[];
  readonly partitionOf: (place: number) => number;
  /** Bytes of its source record. */
  readonly bytesOf: (place: number) => number;
}

/** Rows that become one hand-off message, by their places, in source-offset order. */
export interface MessageRows {
  readonly handoffPartition: number;
  readonly places: readonly number[];
}

/** Rows of a message that have one OCSF version, and so the same columns. */
export interface SectionRows {
  readonly ocsfVersion: OcsfVersion;
  readonly places: readonly number[];
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
/** Measured: 1.1 KB of Avro become 1.5 KB of Arrow; where no text repeats it is more. */
const rowGrowth = 2.5;

/** Arrow costs about 4 ms a message whatever it holds, so messages are as large as the topic comfortably takes. */
export const messageLimits: MessageLimits = { rowsMax: 10_000, sourceBytesMax: messageBytesMax / rowGrowth };

/**
 * Groups rows (in source-offset order) into messages. Within a hand-off partition every row of a message comes before
 * every row of the next one: the flusher's high-water mark drops a row that comes behind a later message's. Which OCSF
 * version a row has decides nothing here: a message takes the versions as they come, each in a section of its own.
 */
export function messagesOf(rows: OutgoingRows, limits: MessageLimits = messageLimits): MessageRows[] {
  const messages: MessageRows[] = [];
  const open = new Map<number, { places: number[]; bytes: number }>();
  for (const place of rows.places) {
    const handoffPartition = rows.partitionOf(place);
    const bytes = rows.bytesOf(place);
    const current = open.get(handoffPartition);
    const fits =
      current !== undefined && current.places.length < limits.rowsMax && current.bytes + bytes <= limits.sourceBytesMax;
    if (fits) {
      current.places.push(place);
      current.bytes += bytes;
      continue;
    }
    const places = [place];
    open.set(handoffPartition, { places, bytes });
    messages.push({ handoffPartition, places });
  }
  return messages;
}

/** The rows of a message by OCSF version, in order within each. A version of which there are none has no section. */
export function sectionsOf({ places }: MessageRows, versionOf: (place: number) => OcsfVersion): SectionRows[] {
  return ocsfVersions
    .map((ocsfVersion) => ({ ocsfVersion, places: places.filter((place) => versionOf(place) === ocsfVersion) }))
    .filter((section) => section.places.length > 0);
}

/** A message in as many as it takes for `rows` in each, in order. */
export function blocks(message: MessageRows, rows: number): MessageRows[] {
  const count = Math.ceil(message.places.length / rows);
  return Array.from({ length: count }, (_, at) => ({
    ...message,
    places: message.places.slice(at * rows, (at + 1) * rows),
  }));
}

/** A message that became too large, as two that come in its place, in order. */
export function halves(message: MessageRows): readonly [MessageRows, MessageRows] {
  const middle = message.places.length >> 1;
  return [
    { ...message, places: message.places.slice(0, middle) },
    { ...message, places: message.places.slice(middle) },
  ];
}
