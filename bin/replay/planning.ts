import { ocsfColumns } from '@tributary/ocsf';
import type { ReplayPlan, SourceSpan } from '@tributary/schemas/kafka/operations.ts';
import { agentTopic, operationsTopic, topics } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Stream, StreamAdmin, StreamRecord } from '@tributary/stream';
import type { Conversion, Converted } from './conversion.ts';
import type { Copies } from './copies.ts';
import type { Wanted } from './plans.ts';
import { digestOf, type Portion, RangeCutter } from './ranges.ts';
import { readSpan } from './source.ts';

/** Rows of an object at most. Larger than a range, so that an object ends where its range does. */
const partRows = 1_000_000;

/** Of a plan, besides its ranges. */
const planHeadBytes = 4_096;
/** What the ranges of a plan may take: it is one record, and Kafka takes none that is larger. */
const rangesBytesMax = topics.find(({ name }) => name === operationsTopic)!.messageBytesMax - planHeadBytes;

/** The most that a replay may send; `bytes` are those of the events as they arrived. */
export interface ReplayLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** More events than the limit allows: nothing was stored and nothing sent. */
export class TooMuch extends Error {}

/** What is told while the source is read. */
export interface PlanningProgress {
  /** Records of the class in the time range, of all customers. */
  readonly records: number;
  readonly read: number;
  /** Events of the registration among those read. */
  readonly rows: number;
}

/** What planning works with. */
export interface PlanningParts {
  readonly stream: Pick<Stream, 'read'>;
  readonly admin: Pick<StreamAdmin, 'ends' | 'startingAt'>;
  readonly conversion: Pick<Conversion, 'convert'>;
  readonly copies: Copies;
  readonly ranges?: ReplayLimits;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PlanningProgress) => void;
}

/** What a replay would send. */
export interface Counted {
  readonly cutter: RangeCutter;
  readonly records: number;
  /** Rows that are left out, because they are requeued copies of events that are sent. */
  readonly copies: number;
  /** Events of the registration that can't be delivered. */
  readonly rejected: number;
  /** Batches that nobody can decode: it can't be known whose they are. */
  readonly undecodable: number;
  /** Partitions of which the beginning may be gone already: retention has removed what lay before. */
  readonly cutOff: readonly number[];
}

/** The offsets of an agent topic in which the events lie that arrived in the time, by partition. */
export async function spansOf(
  wanted: Wanted,
  topic: string,
  admin: PlanningParts['admin'],
): Promise<{ spans: SourceSpan[]; cutOff: number[] }> {
  const ends = await admin.ends(topic);
  const starts = await admin.startingAt(topic, wanted.from);
  const stops = await admin.startingAt(topic, wanted.to);
  const spans = ends.map(({ partition, low, high }) => ({
    partition,
    from: Math.max(low, starts.get(partition) ?? high),
    to: Math.min(high, stops.get(partition) ?? high),
  }));
  const cutOff = ends.filter(
    ({ partition, low }, at) => low > 0 && spans[at]!.from === low && (starts.get(partition) ?? 0) <= low,
  );
  return {
    spans: spans.filter(({ from, to }) => from < to),
    cutOff: cutOff.map(({ partition }) => partition),
  };
}

/**
 * Reads everything that arrived in the time, and cuts what belongs to the registration into ranges. Throws `TooMuch` as
 * soon as it is more than `limits` allow; without limits it counts to the end.
 */
export async function count(
  wanted: Wanted,
  topic: string,
  limits: ReplayLimits | undefined,
  parts: PlanningParts,
): Promise<Counted> {
  const { admin, conversion, signal, onProgress } = parts;
  const { spans, cutOff } = await spansOf(wanted, topic, admin);
  const records = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const cutter = new RangeCutter(partRows, parts.ranges);
  let [read, copies, rejected, undecodable] = [0, 0, 0, 0];
  for (const span of spans) {
    await readSpan(span, {
      ...{ stream: parts.stream, topic, signal },
      onPortion: async (portion, found) => {
        const converted = await conversion.convert(portion.partition, found);
        copies += addTo(
          cutter,
          { ...portion, rows: plannedRows(converted), bytes: converted.bytes },
          found,
          parts.copies,
        );
        rejected += converted.rejected;
        read += portion.to - portion.from;
        if (limits !== undefined) refuseTooMuch(cutter, limits, read, records);
        onProgress({ records, read, rows: cutter.rows });
      },
      onUndecodable: () => {
        undecodable += 1;
      },
    });
  }
  cutter.finish();
  if (limits !== undefined) refuseTooMuch(cutter, limits, read, records);
  return { cutter, records, copies, rejected, undecodable, cutOff };
}

const plannedRows = ({ messages }: Converted) =>
  messages.flatMap(({ rows }) =>
    Array.from({ length: rows.length }, (_, row) => ({
      sourceOffset: rows.sourceOffset(row),
      objectAccount: rows.objectAccount(row),
      time: rows.time(row),
    })),
  );

/** Adds a portion without its copies, of which no span has anything: so nobody who delivers the plan meets them. */
function addTo(cutter: RangeCutter, portion: Portion, records: readonly StreamRecord[], copies: Copies): number {
  const { partition, rows } = portion;
  const leftOut = copies.among(partition, records, new Set(rows.map(({ sourceOffset }) => sourceOffset)));
  if (leftOut.length === 0) {
    cutter.add(portion);
    return 0;
  }
  const sizes = new Map(records.map(({ offset, value }) => [offset, value?.length ?? 0]));
  let { from } = portion;
  for (const to of [...leftOut, portion.to]) {
    const own = rows.filter(({ sourceOffset }) => sourceOffset >= from && sourceOffset < to);
    const bytes = own.reduce((sum, { sourceOffset }) => sum + sizes.get(sourceOffset)!, 0);
    cutter.add({ partition, from, to, rows: own, bytes });
    if (to < portion.to) cutter.leaveOut();
    from = to + 1;
  }
  return leftOut.length;
}

/** Whether the plan would be larger than a record may be. */
export const isTooLarge = ({ planBytes }: RangeCutter): boolean => planBytes > rangesBytesMax;

function refuseTooMuch(cutter: RangeCutter, limits: ReplayLimits, read: number, records: number): void {
  const { rows, bytes, ranges } = cutter;
  if (isTooLarge(cutter))
    throw new TooMuch(
      `The plan has ${ranges.length.toLocaleString('en')} ranges and more, so it is larger than a record of Kafka may be. ` +
        'Nothing was sent. Ask for shorter times, one after the other.',
    );
  const over =
    rows > limits.rows
      ? `more than ${limits.rows.toLocaleString('en')} events`
      : bytes > limits.bytes
        ? `more than ${Math.round(limits.bytes / 1e6).toLocaleString('en')} MB of events`
        : undefined;
  if (over === undefined) return;
  throw new TooMuch(
    `The time has ${over} of this registration (found in ${Math.round((100 * read) / records)} % of it). ` +
      'Nothing was sent. Ask for a shorter time, or allow more with --limit and --limit-mb; --dry-run counts all of it.',
  );
}

/** The plan of what was counted, to be stored before anything is put. */
export function planOf(
  { registration, eventClass, generation, ocsfVersion }: RegistrationRecord,
  { from, to }: Wanted,
  { cutter }: Counted,
  made: Pick<ReplayPlan, 'id' | 'at' | 'operator' | 'limits'>,
): ReplayPlan {
  return {
    kind: 'replay-planned',
    ...made,
    ...{ registration, generation, ocsfVersion, from, to, partRows, digestOf },
    schemaFingerprint: ocsfColumns(eventClass, ocsfVersion).fingerprint,
    rows: cutter.rows,
    bytes: cutter.bytes,
    ranges: cutter.ranges,
  };
}

/** The topic that a registration's events arrive on. */
export const sourceTopicOf = ({ eventClass }: RegistrationRecord): string => agentTopic(eventClass);
