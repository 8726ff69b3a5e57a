import { ocsfColumns } from '@tributary/ocsf';
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
 * Messages that are too large, or that the mapping fails on, are tried again in halves until only the event at fault is
 * left out.
 */
async function* handoffRecords(batch: Batch): AsyncGenerator<OutgoingRecord> {
  const waiting = messagesOf(outgoing(batch)).toReversed();
  for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
    const encoded = encode(batch, message);
    await batch.neighbours.turn();
    const lone = message.places.length === 1;
    if (!(encoded instanceof Error) && encoded.value.length <= (lone ? loneRowBytesMax : messageBytesMax)) {
      yield handoffRecord(batch, message, encoded);
    } else if (lone) await rejectRow(batch, message.places[0]!, encoded);
    else waiting.push(...halves(message).toReversed());
  }
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

/** Durable at once, before any later row of its hand-off partition is sent. */
async function rejectRow(batch: Batch, place: number, encoded: HandoffMessage | Error): Promise<void> {
  if (encoded instanceof Error) reject(batch, place, 'mapping-failed', failureOf(encoded));
  else reject(batch, place, 'value-too-large', `its row has ${encoded.value.length} bytes`);
  const rejection: Rejection = batch.rejected.at(-1)!;
  await batch.neighbours.publisher.publish([rejectedRecord(sourceOf(batch), rejection)]);
}
