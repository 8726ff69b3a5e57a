import { ocsfColumns } from '@tributary/ocsf';
import type { ReplayPlan, SourceSpan } from '@tributary/schemas/kafka/operations.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import type { Stream, StreamAdmin } from '@tributary/stream';
import type { Conversion } from './conversion.ts';
import type { Wanted } from './plans.ts';
import { RangeCutter } from './ranges.ts';
import { readSpan } from './source.ts';

/** Rows of an object at most. Larger than a range, so that an object ends where its range does. */
const partRows = 1_000_000;

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
  readonly ranges?: ReplayLimits;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PlanningProgress) => void;
}

/** What a replay would send. */
export interface Counted {
  readonly cutter: RangeCutter;
  readonly records: number;
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
  let [read, rejected, undecodable] = [0, 0, 0];
  for (const span of spans) {
    await readSpan(span, {
      ...{ stream: parts.stream, topic, signal },
      onPortion: async (portion, found) => {
        const converted = await conversion.convert(portion.partition, found);
        const rows = converted.messages.flatMap(({ rows: own }) =>
          Array.from({ length: own.length }, (_, row) => ({
            sourceOffset: own.sourceOffset(row),
            objectAccount: own.objectAccount(row),
            time: own.time(row),
          })),
        );
        cutter.add({ ...portion, rows, bytes: converted.bytes });
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
  return { cutter, records, rejected, undecodable, cutOff };
}

function refuseTooMuch({ rows, bytes }: RangeCutter, limits: ReplayLimits, read: number, records: number): void {
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
    ...{ registration, generation, ocsfVersion, from, to, partRows },
    schemaFingerprint: ocsfColumns(eventClass, ocsfVersion).fingerprint,
    rows: cutter.rows,
    bytes: cutter.bytes,
    ranges: cutter.ranges,
  };
}

/** The topic that a registration's events arrive on. */
export const sourceTopicOf = ({ eventClass }: RegistrationRecord): string => agentTopic(eventClass);
