import type { ParquetObject } from '@tributary/flusher/encode-worker.ts';
import type { OutgoingRecord } from '@tributary/stream';
import { type ColumnWork, columnWork } from './column-work.ts';
import { ConsumerWork } from './consumer-work.ts';
import { type DuckdbWriter, openDuckdbWriter } from './duckdb-writer.ts';
import type { AgentEvents } from './events.ts';
import { type Cut, collect, EncodeWork } from './flusher-work.ts';
import type { MeasureName } from './measures.ts';
import type { Measure } from './rounds.ts';
import { brokenPromises, readEvents } from './written-rows.ts';

/** Every stage's input, made by the stages before it. */
export interface Prepared {
  readonly consumer: ConsumerWork;
  readonly encoder: EncodeWork;
  readonly published: readonly OutgoingRecord[];
  readonly cuts: readonly Cut[];
  readonly objects: readonly ParquetObject[];
  readonly duckdb: DuckdbWriter | undefined;
  readonly columns: ColumnWork;
}

/** Runs the events once through all stages. Throws when one is rejected or dropped. DuckDB writes its files into `directory`. */
export async function prepare(
  events: AgentEvents,
  { directory, withDuckdb }: { readonly directory: string; readonly withDuckdb: boolean },
): Promise<Prepared> {
  const consumer = new ConsumerWork(events.registry);
  const encoder = new EncodeWork();
  const published = await consumer.run(events.avro);
  const cuts = collect(published);
  const objects = await encoder.encode(cuts);
  const bytes = objects.map((object) => object.bytes);
  return {
    consumer,
    encoder,
    published,
    cuts,
    objects,
    duckdb: withDuckdb ? await openDuckdbWriter(bytes, directory) : undefined,
    columns: await columnWork(),
  };
}

/** Names the bytes of all objects. */
export function digestOf(objects: readonly ParquetObject[]): string {
  return objects.map(({ sha256 }) => sha256).join();
}

/** Each measure as a piece of work. The digest of what is encoded in a round goes to `onEncoded`. */
export function workOf(
  events: AgentEvents,
  prepared: Prepared,
  onEncoded: (digest: string) => void,
): Record<MeasureName, Measure<MeasureName>> {
  const { consumer, encoder, published, cuts, duckdb, columns } = prepared;
  const all = events.expected.length;
  const whole = async () => onEncoded(digestOf(await encoder.encode(collect(await consumer.run(events.avro)))));
  const of = (name: MeasureName, run: () => unknown, count = all) => ({ name, events: count, run });
  return {
    columns: of('columns', () => repeated(() => columns.columns()), columns.events * repeats),
    avsc: of('avsc', () => repeated(() => columns.avsc()), columns.events * repeats),
    rows: of('rows', () => columns.rows(), columns.rowEvents),
    consumer: of('consumer', () => consumer.run(events.avro)),
    'consumer-json': of('consumer-json', () => consumer.run(events.json)),
    collect: of('collect', () => collect(published)),
    encode: of('encode', async () => onEncoded(digestOf(await encoder.encode(cuts)))),
    whole: of('whole', whole),
    duckdb: of('duckdb', () => duckdb!.write()),
  };
}

/** Batches follow one another, as in the service: memory that the one before let go of is warm still. */
const repeats = 10;

function repeated(run: () => unknown): void {
  for (let i = 0; i < repeats; i++) run();
}

/** What is wrong with what was made, a sentence each: none when every event is there once, whoever wrote it, and every run (`encoded`: the digest of each) wrote the same. */
export async function check(
  events: AgentEvents,
  { objects, duckdb, columns, consumer, encoder }: Prepared,
  encoded: readonly string[],
): Promise<string[]> {
  const broken: string[] = [];
  const promise = async (writer: string, files: readonly Uint8Array[]) =>
    broken.push(...brokenPromises(writer, events.expected, await Promise.all(files.map(readEvents))));
  await promise(
    'ours',
    objects.map(({ bytes }) => bytes),
  );
  if (duckdb !== undefined) await promise('DuckDB', await duckdb.files());
  const digest = digestOf(objects);
  const others = encoded.filter((own) => own !== digest).length;
  if (others > 0) broken.push(`ours: ${others} of ${encoded.length} runs wrote other bytes than the first.`);
  const fromJson = await encoder.encode(collect(await consumer.run(events.json)));
  if (digestOf(fromJson) !== digest)
    broken.push('ours: events that came as JSON became other bytes than the same as Avro.');
  return [...broken, ...columns.check()];
}
