import type { CollectedSection } from '@tributary/flusher/collector.ts';
import { whereabouts } from '@tributary/flusher/destination.ts';
import type { Encoder } from '@tributary/flusher/partition.ts';
import { type PlannedObject, planObjects } from '@tributary/flusher/plan.ts';
import { type Lake, putWithRetry } from '@tributary/lake';
import type { ReplayPlan } from '@tributary/schemas/kafka/operations.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { agentTopic, operationsTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import { objectKey } from '@tributary/schemas/lake/object-key.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import { type Destination, partsOfRegistration, type RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type OnStep, runSteps, type Step } from '@tributary/service';
import type { Publisher, Stream } from '@tributary/stream';
import { operationRecord } from '../operations.ts';
import type { Conversion } from './conversion.ts';
import type { StoredPlan } from './plans.ts';
import { RangeDigest } from './ranges.ts';
import { readSpan } from './source.ts';

/** How many puts of a replay go on at once: as many as a flusher allows one registration. */
const putsAtOnce = 4;

/** Why a replay doesn't go on; said to the person who started it. */
export class ReplayStopped extends Error {}

/** What a delivery works with. */
export interface DeliveryParts {
  readonly stream: Pick<Stream, 'read'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly conversion: Pick<Conversion, 'convert'>;
  /** The registration as it is now; throws where that can't be known. */
  readonly current: () => Promise<RegistrationRecord | undefined>;
  readonly encoder: Encoder;
  readonly lake: Pick<Lake, 'put'>;
  readonly region: AwsRegion;
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onStep: OnStep;
  readonly onProgress: (progress: { readonly range: number; readonly rows: number; readonly objects: number }) => void;
}

interface Encoded {
  readonly planned: PlannedObject;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** One range of a plan on its way. */
export interface RangeUnderWay {
  readonly plan: ReplayPlan;
  readonly range: number;
  readonly parts: DeliveryParts;
  messages: CollectedSection[];
  encoded: readonly Encoded[];
  receipts: readonly Receipt[];
}

/**
 * The way of one range of a plan into the lake. Killed anywhere and started again, it makes the same objects: the rows and
 * the names follow from the plan alone, and the conditional put creates each once.
 */
export const delivery: readonly Step<RangeUnderWay>[] = [
  { name: 'read', run: read }, // the source again, as rows; refused where they aren't those of the plan
  { name: 'encode', run: encode }, // one object per account and day
  { name: 'put', run: put }, // under the registration's role, if nobody has yet
  { name: 'receipts', run: writeReceipts }, // marked as of a replay
  { name: 'mark', run: mark }, // this range is delivered: say so
];

/** Delivers every range of the plan that isn't delivered yet. Rejects with `ReplayStopped` or a Fault where it can't go on. */
export async function deliver({ plan, delivered }: StoredPlan, parts: DeliveryParts): Promise<void> {
  for (const range of plan.ranges.keys()) {
    if (delivered.has(range)) continue;
    parts.signal.throwIfAborted();
    const underWay: RangeUnderWay = { plan, range, parts, messages: [], encoded: [], receipts: [] };
    await runSteps(delivery, underWay, `${plan.id}/${range}`, parts.onStep);
    parts.onProgress({ range, rows: plan.ranges[range]!.rows, objects: underWay.encoded.length });
  }
}

async function read(underWay: RangeUnderWay): Promise<void> {
  const { plan, range, parts } = underWay;
  const { conversion, stream, signal } = parts;
  const topic = agentTopic(partsOfRegistration(plan.registration).eventClass);
  const digest = new RangeDigest(plan.digestOf);
  let count = 0;
  for (const span of plan.ranges[range]!.spans) {
    await readSpan(span, {
      ...{ stream, topic, signal },
      onPortion: async ({ partition }, records) => {
        for (const message of (await conversion.convert(partition, records)).messages) {
          const { rows, schemaFingerprint } = message;
          if (schemaFingerprint !== plan.schemaFingerprint) throw otherColumns(plan);
          digest.add(
            partition,
            Array.from({ length: rows.length }, (_, row) => ({
              sourceOffset: rows.sourceOffset(row),
              time: rows.time(row),
            })),
          );
          count += rows.length;
          // The place of a replay's rows is the number of their range: see `planObjects` for what a name is made of.
          underWay.messages.push({ ...message, offset: range, kept: allOf(rows.length), highs: [] });
        }
      },
    });
  }
  if (count !== plan.ranges[range]!.rows || digest.hex() !== plan.ranges[range]!.digest)
    throw otherRows(plan, range, count);
}

const allOf = (length: number) => Uint32Array.from({ length }, (_, row) => row);

function otherRows({ id, ranges }: ReplayPlan, range: number, found: number): ReplayStopped {
  return new ReplayStopped(
    `Range ${range + 1} of plan ${id} has ${found} events now where ${ranges[range]!.rows} were planned, or not the same ones: ` +
      'retention has removed some, this release maps others, or the topic was made anew. Under the names of the plan other rows must not go, so it stops here.',
  );
}

function otherColumns({ id }: ReplayPlan): ReplayStopped {
  return new ReplayStopped(
    `Plan ${id} was made by a release with other columns. Its objects must not change, so only that release can go on with it.`,
  );
}

async function encode(underWay: RangeUnderWay): Promise<void> {
  const { plan, parts, messages } = underWay;
  const planned = planObjects(messages, {
    handoffTopic: operationsTopic,
    partition: 0,
    incarnation: plan.id,
    partRows: plan.partRows,
  });
  const encoded = await parts.encoder.encode(
    messages.map(({ bytes }) => bytes),
    planned.map(({ rows }) => rows),
  );
  underWay.encoded = planned.map((object, at) => ({ planned: object, ...encoded[at]! }));
  underWay.messages = [];
}

async function put(underWay: RangeUnderWay): Promise<void> {
  const destination = await destinationOf(underWay);
  const waiting = [...underWay.encoded];
  const receipts: Receipt[] = [];
  while (waiting.length > 0) {
    const together = waiting.splice(0, putsAtOnce);
    receipts.push(...(await Promise.all(together.map((object) => putOne(underWay, object, destination)))));
  }
  underWay.receipts = receipts;
}

/** Where the plan's generation goes, asked again for each range: what ended or was paused meanwhile gets nothing more. */
async function destinationOf({ plan, parts }: RangeUnderWay): Promise<Destination> {
  const record = await parts.current();
  const where = whereabouts(record, plan.generation);
  if (where === 'unknown' || record === undefined)
    throw new ReplayStopped(`Generation ${plan.generation} of ${plan.registration} isn’t known any more.`);
  if (where === 'ended' || record.state !== 'active')
    throw new ReplayStopped(
      `${plan.registration} is ${where === 'ended' ? 'ended' : record.state}: nothing is sent to it.`,
    );
  return where.deliver;
}

async function putOne(
  { plan, range, parts }: RangeUnderWay,
  object: Encoded,
  destination: Destination,
): Promise<Receipt> {
  const { planned, bytes, sha256 } = object;
  const { account, eventClass } = partsOfRegistration(plan.registration);
  const key = objectKey(destination.prefix, parts.region, planned.objectAccount, planned.eventDay, planned.name);
  const { lake, now, random, signal } = parts;
  // INVARIANT 4 (no tenant sees another): the external id is the account of the plan's own registration.
  const request = { destination, externalId: account, key, body: bytes, sha256, signal };
  const { outcome } = await putWithRetry(lake as Lake, request, { now, random });
  return {
    outcome: 'delivered',
    ...{ registration: plan.registration, generation: plan.generation, eventClass },
    ...{ bucketName: destination.bucketName, objectKey: key },
    ...(outcome === 'created' ? { sha256 } : { alreadyThere: true }),
    rows: planned.rows.row.length,
    bytes: bytes.byteLength,
    handoffTopic: operationsTopic,
    handoffPartition: 0,
    offsets: [range, range],
    times: planned.times,
    writtenAt: now(),
    replay: plan.id,
  };
}

async function writeReceipts({ receipts, parts }: RangeUnderWay): Promise<void> {
  await parts.publisher.publish(
    receipts.map((receipt) => ({
      topic: receiptsTopic,
      partition: 0,
      key: receipt.registration,
      value: JSON.stringify(receipt),
    })),
  );
}

async function mark({ plan, range, receipts, parts }: RangeUnderWay): Promise<void> {
  const created = receipts.filter(({ alreadyThere }) => alreadyThere !== true).length;
  const { id } = plan;
  await parts.publisher.publish([operationRecord({ kind: 'replay-delivered', id, range, created, at: parts.now() })]);
}
