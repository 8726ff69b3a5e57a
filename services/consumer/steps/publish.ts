import { Fault } from '@tributary/schemas/faults.ts';
import { handoffHeaders } from '@tributary/schemas/kafka/handoff.ts';
import { sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { partsOfRegistration } from '@tributary/schemas/registration.ts';
import type { OutgoingRecord } from '@tributary/stream/stream.ts';
import type { Batch, Rejection, RoutedRow } from '../batch.ts';
import { halves, loneRowBytesMax, type MessageRows, messageBytesMax, messagesOf } from '../handoff-messages.ts';
import { failureOf } from '../mapping-failed.ts';
import { rejectedRecord } from '../rejected-record.ts';

/**
 * Hands everything off and resolves when all of it is durable. What was rejected goes first: once a row has landed,
 * whatever stood before it is safe, even if the batch is tried again and meets another fate. After a throw nobody knows
 * what has landed; the flusher's marks drop what comes twice, as long as the batch is sent again from its beginning.
 */
export async function publish(batch: Batch): Promise<void> {
  batch.sending = true;
  const inOrder = batch.rejected.toSorted((one, other) => one.record.offset - other.record.offset);
  await send(batch, inOrder.map((rejection) => rejectedRecord(batch, rejection)).values());
  await send(batch, handoffRecords(batch));
}

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

/**
 * Messages that are too large, or that the mapping fails on, are tried again in halves until only the event at fault is
 * left out.
 */
async function* handoffRecords(batch: Batch): AsyncGenerator<OutgoingRecord> {
  const waiting = messagesOf(batch.routed).toReversed();
  batch.routed = [];
  for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
    const value = await encode(batch, message);
    await batch.neighbours.turn();
    const lone = message.rows.length === 1;
    if (value instanceof Buffer && value.length <= (lone ? loneRowBytesMax : messageBytesMax)) {
      yield handoffRecord(batch, message, value);
    } else if (lone) await rejectRow(batch, message.rows[0]!, value);
    else waiting.push(...halves(message).toReversed());
  }
}

/** The message, or why the mapping can't make it. A Fault is no row's fault: it is thrown. */
async function encode(batch: Batch, message: MessageRows): Promise<Buffer | Error> {
  const rows = message.rows.map(({ row }) => row);
  try {
    return await batch.neighbours.mapping.encode(batch.eventClass, message.ocsfVersion, rows);
  } catch (error) {
    if (error instanceof Fault) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}

function handoffRecord(batch: Batch, message: MessageRows, value: Buffer): OutgoingRecord {
  batch.rowsPublished += message.rows.length;
  const { mapping } = batch.neighbours;
  return {
    topic: handoffTopic(batch.eventClass),
    partition: message.handoffPartition,
    key: sourceKey(batch.topic, batch.partition),
    value,
    headers: {
      [handoffHeaders.ocsfVersion]: message.ocsfVersion,
      [handoffHeaders.schemaFingerprint]: mapping.fingerprint(batch.eventClass, message.ocsfVersion),
    },
  };
}

/** Durable at once, before any later row of its hand-off partition is sent. */
async function rejectRow(batch: Batch, { record, row }: RoutedRow, value: Buffer | Error): Promise<void> {
  const { account } = partsOfRegistration(row.registration);
  const rejection: Rejection =
    value instanceof Error
      ? { record, fault: 'mapping-failed', reason: failureOf(value), account }
      : { record, fault: 'value-too-large', reason: `its row has ${value.length} bytes`, account };
  batch.rejected.push(rejection);
  await batch.neighbours.publisher.publish([rejectedRecord(batch, rejection)]);
}
