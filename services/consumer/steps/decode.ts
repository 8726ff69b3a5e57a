import { OtherNames, withOurNames } from '@tributary/ocsf/columnar/field-names.ts';
import { columnsBytesMax } from '@tributary/ocsf/columnar/ocsf-rows.ts';
import { Fault, type FaultCode, faultContract } from '@tributary/schemas/faults.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import type { StreamRecord } from '@tributary/stream/stream.ts';
import { type Batch, reject } from '../batch.ts';
import { failureOf } from '../failure-of.ts';
import { parseJsonObject } from '../json-object.ts';
import type { AvroDecoder, Decoders } from '../neighbours.ts';

/** The first byte of Confluent's wire format; four bytes of schema id and the Avro value follow it. */
const avroMagic = 0;
const avroPrefixBytes = 5;

/** A longer value isn't an activity: the row that it makes might not fit into a hand-off message. */
export const valueBytesMax = 4 * 1024 * 1024;

/** How many schema ids are asked for at the same time. */
const lookupsAtOnce = 8;

/** Values decoded one by one between two turns of the event loop: no heartbeat waits longer than some 50 ms for them. */
const sliceValues = 500;

/**
 * Turns the values into activities in columns, whichever encoding they came in. The registry is asked once per schema id;
 * when it doesn't answer, that is no event's fault: the step throws.
 */
export async function decode(batch: Batch): Promise<void> {
  const { bySchema, json } = sorted(batch);
  const decoders = await decodersOf(batch, [...bySchema.keys()]);
  const alone: Alone[] = json.map((place) => ({ place, writer: undefined }));
  for (const [id, places] of bySchema) {
    const decoder = decoders.get(id)!;
    if (decoder instanceof Fault) {
      for (const place of places) reject(batch, place, decoder.code, `schema id ${id}: ${decoder.message}`);
    } else {
      const writer = { decoder, named: withOurNames(decoder.schema) };
      for (const place of readColumns(batch, id, decoder, places)) alone.push({ place, writer });
    }
  }
  await readAlone(batch, alone);
}

/** A value that is decoded by itself: JSON, or Avro that only the registry's decoder reads. */
interface Alone {
  readonly place: number;
  readonly writer: Writer | undefined;
}

/** Decodes a value, and names a record's fields as we read them. */
interface Writer {
  readonly decoder: AvroDecoder;
  readonly named: ReturnType<typeof withOurNames>;
}

/** The places of all values that could be activities, by how they were written. Rejects the others. */
function sorted(batch: Batch): { bySchema: Map<number, number[]>; json: number[] } {
  const bySchema = new Map<number, number[]>();
  const json: number[] = [];
  for (const [place, record] of batch.records.entries()) {
    const kind = kindOf(record);
    if (kind === 'json') json.push(place);
    else if (typeof kind !== 'number') reject(batch, place, kind.fault, kind.reason);
    else if (bySchema.has(kind)) bySchema.get(kind)!.push(place);
    else bySchema.set(kind, [place]);
  }
  return { bySchema, json };
}

/** The schema id of an Avro value, or why a value can't be an activity. */
function kindOf({ value }: StreamRecord): number | 'json' | { readonly fault: FaultCode; readonly reason: string } {
  if (value === null) return { fault: 'empty-value', reason: 'tombstone' };
  if (value.length === 0) return { fault: 'empty-value', reason: 'no bytes' };
  if (value.length > valueBytesMax) return { fault: 'value-too-large', reason: `${value.length} bytes` };
  if (value[0] !== avroMagic) return 'json';
  if (value.length >= avroPrefixBytes) return value.readInt32BE(1);
  return { fault: 'not-an-activity', reason: 'the value ends within the schema id' };
}

/** By schema id: its decoder, or why its values can't be decoded, now or ever. */
type FoundDecoders = ReadonlyMap<number, AvroDecoder | Fault>;

async function decodersOf(batch: Batch, ids: readonly number[]): Promise<FoundDecoders> {
  const found = new Map<number, AvroDecoder | Fault>();
  const waiting = [...ids];
  while (waiting.length > 0) {
    const asked = waiting.splice(0, lookupsAtOnce);
    const answers = await Promise.all(asked.map((id) => lookUp(batch.neighbours.decoders, id)));
    for (const [index, id] of asked.entries()) found.set(id, answers[index]!);
  }
  return found;
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

/** Reads what can be read straight into columns, and answers the places of the rest. */
function readColumns(batch: Batch, id: number, decoder: AvroDecoder, places: readonly number[]): readonly number[] {
  const { records, workspace } = batch;
  const values = records.map(({ value }) => value);
  const small = places.filter((place) => values[place]!.length <= columnsBytesMax);
  const read =
    decoder.schema === undefined
      ? undefined
      : orAlone(batch, places[0]!, () =>
          workspace.readAvro(id, decoder.schema, values, Int32Array.from(small), avroPrefixBytes),
        );
  if (read === undefined) return places;
  if (read.rows.length > 0) batch.chunks.push({ columns: read.columns, places: read.rows });
  return [...read.unread, ...places.filter((place) => values[place]!.length > columnsBytesMax)];
}

/** Decodes values one by one. Those that fit go into columns together. */
async function readAlone(batch: Batch, alone: readonly Alone[]): Promise<void> {
  const places: number[] = [];
  const objects: Readonly<Record<string, unknown>>[] = [];
  const otherNames = new OtherNames();
  for (const [at, { place, writer }] of alone.entries()) {
    if (at > 0 && at % sliceValues === 0) await batch.neighbours.turn();
    const value = batch.records[place]!.value!;
    const raw = writer === undefined ? parsed(batch, place, value) : decoded(batch, place, value, writer);
    if (raw === undefined) continue;
    if (value.length > columnsBytesMax || !otherNames.admits(raw)) keepAlone(batch, place, raw);
    else {
      places.push(place);
      objects.push(raw);
    }
  }
  if (objects.length === 0) return;
  const columns = orAlone(batch, places[0]!, () => batch.workspace.readObjects(objects));
  if (columns !== undefined) batch.chunks.push({ columns, places: Int32Array.from(places) });
  else for (const [at, place] of places.entries()) keepAlone(batch, place, objects[at]!);
}

/**
 * What a way for many values at once gives; undefined where it stumbles. A bug of ours there must not hold the partition up:
 * the values are then read one by one, and each has a fate of its own.
 */
function orAlone<Read>({ topic, partition, records, neighbours }: Batch, place: number, read: () => Read) {
  try {
    return read();
  } catch (error) {
    const firstOffset = records[place]!.offset;
    neighbours.log.error({ topic, partition, firstOffset, err: error }, 'a bug of the columns; value by value instead');
    return undefined;
  }
}

/** An activity that columns don't take: the row interpreter does. */
function keepAlone(batch: Batch, place: number, raw: Readonly<Record<string, unknown>>): void {
  try {
    batch.alone.set(place, coerceActivity(raw));
  } catch (error) {
    reject(batch, place, 'mapping-failed', failureOf(error));
  }
}

function parsed(batch: Batch, place: number, value: Buffer): Readonly<Record<string, unknown>> | undefined {
  const answer = parseJsonObject(value);
  if (answer.outcome === 'ok') return answer.value;
  if (answer.outcome === 'reject') reject(batch, place, answer.fault, answer.reason);
  return undefined;
}

function decoded(
  batch: Batch,
  place: number,
  value: Buffer,
  { decoder, named }: Writer,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const raw = decoder(value.subarray(avroPrefixBytes));
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
      return named(raw as Readonly<Record<string, unknown>>);
    }
    reject(batch, place, 'not-an-activity', 'the schema is not of a record');
  } catch (error) {
    reject(batch, place, 'undecodable-avro', error instanceof Error ? error.message : String(error));
  }
  return undefined;
}
