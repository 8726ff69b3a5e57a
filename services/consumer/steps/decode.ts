import { Fault, faultContract, type StepOutcome } from '@tributary/schemas/faults.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import type { StreamRecord } from '@tributary/stream/stream.ts';
import { type Batch, type DecodedEvent, judgeEach } from '../batch.ts';
import { parseJsonObject } from '../json-object.ts';
import { mappingFailed } from '../mapping-failed.ts';
import type { AvroDecoder, Decoders } from '../neighbours.ts';

/** The first byte of Confluent's wire format; four bytes of schema id and the Avro value follow it. */
const avroMagic = 0;
const avroPrefixBytes = 5;

/** A longer value isn't an activity: the row that it makes might not fit into a hand-off message. */
export const valueBytesMax = 4 * 1024 * 1024;

/** How many schema ids are asked for at the same time. */
const lookupsAtOnce = 8;

/**
 * Turns each value into an activity, whichever encoding it came in. The registry is asked once per schema id; when it
 * doesn't answer, that is no event's fault: the step throws.
 */
export async function decode(batch: Batch): Promise<void> {
  const decoders = await decodersOf(batch);
  batch.decoded = await judgeEach(
    batch,
    batch.records.map((record) => ({ record })),
    ({ record }) => decodeRecord(record, decoders),
  );
}

/** By schema id: its decoder, or why its values can't be decoded, now or ever. */
type FoundDecoders = ReadonlyMap<number, AvroDecoder | Fault>;

async function decodersOf(batch: Batch): Promise<FoundDecoders> {
  const ids = new Set(batch.records.map(schemaIdOf).filter((id) => id !== undefined));
  const found = new Map<number, AvroDecoder | Fault>();
  const waiting = [...ids];
  while (waiting.length > 0) {
    const asked = waiting.splice(0, lookupsAtOnce);
    const answers = await Promise.all(asked.map((id) => lookUp(batch.neighbours.decoders, id)));
    for (const [index, id] of asked.entries()) found.set(id, answers[index]!);
  }
  return found;
}

function schemaIdOf({ value }: StreamRecord): number | undefined {
  if (value === null || value.length < avroPrefixBytes || value.length > valueBytesMax) return undefined;
  return value[0] === avroMagic ? value.readInt32BE(1) : undefined;
}

async function lookUp(decoders: Decoders, id: number): Promise<AvroDecoder | Fault> {
  try {
    return await decoders.decoderOf(id);
  } catch (error) {
    // A fault of the id is its events' own; one of the registry pauses the partition.
    if (error instanceof Fault && faultContract(error.code).retry === 'never') return error;
    throw error;
  }
}

function decodeRecord(record: StreamRecord, decoders: FoundDecoders): StepOutcome<DecodedEvent> {
  const raw = decodeValue(record, decoders);
  if (raw.outcome !== 'ok') return raw;
  try {
    return { outcome: 'ok', value: { record, activity: coerceActivity(raw.value) } };
  } catch (error) {
    return mappingFailed(error);
  }
}

function decodeValue(record: StreamRecord, decoders: FoundDecoders): StepOutcome<Readonly<Record<string, unknown>>> {
  const { value } = record;
  if (value === null || value.length === 0) return refuse('empty-value', value === null ? 'tombstone' : 'no bytes');
  if (value.length > valueBytesMax) return refuse('value-too-large', `${value.length} bytes`);
  if (value[0] !== avroMagic) return parseJsonObject(value);
  const id = schemaIdOf(record);
  if (id === undefined) return refuse('not-an-activity', 'the value ends within the schema id');
  const decoder = decoders.get(id);
  if (decoder === undefined) throw new Error(`schema id ${id} was not looked up`);
  if (decoder instanceof Fault)
    return { outcome: 'reject', fault: decoder.code, reason: `schema id ${id}: ${decoder.message}` };
  return decodeAvro(value.subarray(avroPrefixBytes), decoder);
}

function decodeAvro(bytes: Buffer, decoder: AvroDecoder): StepOutcome<Readonly<Record<string, unknown>>> {
  try {
    const raw = decoder(bytes);
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
      return { outcome: 'ok', value: raw as Readonly<Record<string, unknown>> };
    }
    return refuse('not-an-activity', 'the schema is not of a record');
  } catch (error) {
    return refuse('undecodable-avro', error instanceof Error ? error.message : String(error));
  }
}

function refuse(
  fault: 'empty-value' | 'value-too-large' | 'not-an-activity' | 'undecodable-avro',
  reason: string,
): StepOutcome<never> {
  return { outcome: 'reject', fault, reason };
}
