import { ocsfColumns } from '@tributary/ocsf';
import type { FaultCode } from '@tributary/schemas/faults.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { type HandoffMessage, handoffMessageOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import { sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';
import { inSpan, traceHeaders } from '@tributary/service';
import type { OutgoingRecord } from '@tributary/stream/stream.ts';
import { type Batch, type Rejection, reject } from '../batch.ts';
import { failureOf } from '../failure-of.ts';
import {
  blocks,
  halves,
  loneRowBytesMax,
  type MessageRows,
  messageBytesMax,
  messagesOf,
  type OutgoingRows,
  sectionsOf,
} from '../handoff-messages.ts';
import { rejectedRecord } from '../rejected-record.ts';

/**
 * Hands everything off and resolves when all of it is durable. What was rejected goes first: once a row has landed,
 * whatever stood before it is safe, even if the batch is tried again and meets another fate. After a throw nobody knows
 * what has landed; the flusher's marks drop what comes twice, as long as the batch is sent again from its beginning.
 */
export async function publish(batch: Batch): Promise<void> {
  batch.sending = true;
  const inOrder = batch.rejected.toSorted((one, other) => one.record.offset - other.record.offset);
  await send(batch, inOrder.map((rejection) => rejectedRecord(sourceOf(batch), rejection)).values());
  const destination = handoffTopic(batch.eventClass);
  const attributes = () => ({
    'messaging.system': 'kafka',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': destination,
  });
  await inSpan(`send ${destination}`, { kind: 'producer', attributes }, () => send(batch, handoffRecords(batch)));
}

const sourceOf = ({ topic, partition, neighbours }: Batch) => ({ topic, partition, epoch: neighbours.epochOf(topic) });

/** Publishes records in order, as many at once as fit into one message's worth of memory. */
async function send(batch: Batch, records: Iterable<OutgoingRecord> | AsyncIterable<OutgoingRecord>): Promise<void> {
  let waiting: OutgoingRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    const size = record.value?.length ?? 0;
    if (waiting.length > 0 && bytes + size > messageBytesMax) {
      await batch.neighbours.publisher.publish(waiting);
      waiting = [];
      bytes = 0;
    }
    waiting.push(record);
    bytes += size;
  }
  if (waiting.length > 0) await batch.neighbours.publisher.publish(waiting);
}

/** The rows that have an owner still, each with its hand-off partition. */
function outgoing({ owners, records, neighbours }: Batch): OutgoingRows {
  const partitions = new Map<RegistrationId, number>();
  const partitionOf = (place: number) => {
    const { registration } = owners[place]!;
    let partition = partitions.get(registration);
    if (partition === undefined) {
      partition = handoffPartition(registration, neighbours.handoffPartitions);
      partitions.set(registration, partition);
    }
    return partition;
  };
  const places: number[] = [];
  for (let place = 0; place < owners.length; place++) if (owners[place] !== undefined) places.push(place);
  return {
    places,
    partitionOf,
    bytesOf: (place) => records[place]!.value!.length,
  };
}

/**
 * How many failed tries of a batch are spent to find single events that the mapping fails on. Each poison row takes some 14 of
 * them in a batch of 10,000, and a try some 4 ms.
 */
const failedTriesMax = 256;
/** So many events are kept together then, where the mapping fails on any of them. */
const blockRows = 64;

/**
 * Messages that are too large, or that the mapping fails on, are tried again in halves until only the event at fault is left
 * out. Where it fails on many, which is a bug of the release and not of an event, that would take longer than a partition may
 * stand still, and the batch would begin anew for ever. So the search ends after `failedTriesMax`: what is left is tried in
 * blocks, and a block that fails is kept whole in `rejected`, the sound events in it too. Nothing is lost: after the fix all
 * of it can be requeued, while a partition that stands still would hold up every customer up to the end of retention.
 * (Tried again with others, a sound event of such a block may be handed off as well as kept.)
 */
async function* handoffRecords(batch: Batch): AsyncGenerator<OutgoingRecord> {
  const waiting = messagesOf(outgoing(batch)).toReversed();
  const refused: Rejection[] = [];
  let failed = 0;
  /** Durable before any later row of their hand-off partitions is sent; together, because there may be thousands. */
  const keep = async () => {
    const records = refused.splice(0).map((one) => rejectedRecord(sourceOf(batch), one));
    await send(batch, records.values());
  };
  for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
    const encoded = encode(batch, message);
    await batch.neighbours.turn();
    const { length } = message.places;
    const isSought = failed < failedTriesMax;
    if (encoded instanceof Error) {
      failed += 1;
      if (length === 1 || (length <= blockRows && !isSought)) refused.push(...rejectRows(batch, message, encoded));
      else waiting.push(...(isSought ? halves(message) : blocks(message, blockRows)).toReversed());
    } else if (encoded.value.length <= (length === 1 ? loneRowBytesMax : messageBytesMax)) {
      await keep();
      yield handoffRecord(batch, message, encoded);
    } else if (length === 1) refused.push(rejectLarge(batch, message.places[0]!, encoded.value.length));
    else waiting.push(...halves(message).toReversed());
  }
  await keep();
}

/** The message, or why the mapping can't make it. */
function encode({ workspace, owners, eventClass }: Batch, message: MessageRows): HandoffMessage | Error {
  try {
    const sections = sectionsOf(message, (place) => owners[place]!.ocsfVersion);
    return handoffMessageOf(
      sections.map(({ ocsfVersion, places }) => ({
        ocsfVersion,
        schemaFingerprint: ocsfColumns(eventClass, ocsfVersion).fingerprint,
        bytes: workspace.encode(ocsfVersion, Int32Array.from(places)),
      })),
    );
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function handoffRecord(
  batch: Batch,
  { handoffPartition: partition, places }: MessageRows,
  { value, headers }: HandoffMessage,
): OutgoingRecord {
  batch.rowsPublished += places.length;
  const key = sourceKey(batch.topic, batch.partition);
  const topic = handoffTopic(batch.eventClass);
  return { topic, partition, key, value, headers: { ...traceHeaders(), ...headers } };
}

function rejectRows(batch: Batch, { places }: MessageRows, error: Error): Rejection[] {
  const reason =
    places.length === 1 ? failureOf(error) : `${failureOf(error)}, on one or more of ${places.length} events`;
  return places.map((place) => rejectRow(batch, place, 'mapping-failed', reason));
}

const rejectLarge = (batch: Batch, place: number, bytes: number) =>
  rejectRow(batch, place, 'value-too-large', `its row has ${bytes} bytes`);

function rejectRow(batch: Batch, place: number, fault: FaultCode, reason: string): Rejection {
  reject(batch, place, fault, reason);
  return batch.rejected.at(-1)!;
}
