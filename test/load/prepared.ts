import type { Batch, RoutedRow } from '@tributary/consumer/batch.ts';
import type { ParquetObject } from '@tributary/flusher/encode-worker.ts';
import { encodeHandoff } from '@tributary/ocsf';
import type { OutgoingRecord } from '@tributary/stream';
import { type BuilderRow, builderRows, encodeByBuilders, firstDifference } from './arrow-builders.ts';
import { type At, ConsumerWork } from './consumer-work.ts';
import { type DuckdbWriter, openDuckdbWriter } from './duckdb-writer.ts';
import type { AgentEvents } from './events.ts';
import { type Cut, collect, EncodeWork } from './flusher-work.ts';
import type { MeasureName } from './measures.ts';
import type { Measure } from './rounds.ts';
import { brokenPromises, readEvents } from './written-rows.ts';

/** The class and the most rows that are given to the builders of arrow-js. */
const builderClass = 'process-activity';
const builderRowsMax = 2_000;

/** Every stage's input, made by the stages before it. */
export interface Prepared {
  readonly consumer: ConsumerWork;
  readonly encoder: EncodeWork;
  readonly matched: readonly At<Batch['matched'][number]>[];
  readonly routed: readonly At<RoutedRow>[];
  readonly published: readonly OutgoingRecord[];
  readonly cuts: readonly Cut[];
  readonly objects: readonly ParquetObject[];
  readonly duckdb: DuckdbWriter | undefined;
  readonly lone: { readonly ours: readonly RoutedRow['row'][]; readonly theirs: readonly BuilderRow[] };
}

/** Runs the events once through all stages. Throws when one is rejected or dropped. DuckDB writes its files into `directory`. */
export async function prepare(
  events: AgentEvents,
  { directory, withDuckdb }: { readonly directory: string; readonly withDuckdb: boolean },
): Promise<Prepared> {
  const consumer = new ConsumerWork(events.registry);
  const encoder = new EncodeWork();
  const matched = await consumer.match(await consumer.decode(events.avro));
  const routed = await consumer.normalise(matched);
  const published = await consumer.publish(routed);
  const cuts = collect(published);
  const objects = await encoder.encode(cuts);
  const bytes = objects.map((object) => object.bytes);
  const ofClass = routed.filter(({ source }) => source.eventClass === builderClass).flatMap((own) => own.events);
  const ours = ofClass.slice(0, builderRowsMax).map(({ row }) => row);
  return {
    consumer,
    encoder,
    matched,
    routed,
    published,
    cuts,
    objects,
    duckdb: withDuckdb ? await openDuckdbWriter(bytes, directory) : undefined,
    lone: { ours, theirs: builderRows(builderClass, ours) },
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
  const { consumer, encoder, matched, routed, published, cuts, duckdb, lone } = prepared;
  const all = events.expected.length;
  const whole = async () => onEncoded(digestOf(await encoder.encode(collect(await consumer.run(events.avro)))));
  const of = (name: MeasureName, run: () => unknown, count = all) => ({ name, events: count, run });
  return {
    'decode-avro': of('decode-avro', () => consumer.decode(events.avro)),
    'decode-json': of('decode-json', () => consumer.decode(events.json)),
    normalise: of('normalise', () => consumer.normalise(matched)),
    'hand-off': of('hand-off', () => consumer.publish(routed)),
    collect: of('collect', () => collect(published)),
    encode: of('encode', async () => onEncoded(digestOf(await encoder.encode(cuts)))),
    whole: of('whole', whole),
    duckdb: of('duckdb', () => duckdb!.write()),
    'arrow-writer': of('arrow-writer', () => encodeOurs(lone.ours), lone.ours.length),
    'arrow-js': of('arrow-js', () => encodeByBuilders(builderClass, lone.theirs), lone.ours.length),
  };
}

const encodeOurs = (rows: readonly RoutedRow['row'][]) =>
  encodeHandoff({ eventClass: builderClass, ocsfVersion: '1.1.0', rows });

/** What is wrong with what was made, a sentence each: none when every event is there once, whoever wrote it, and every run (`encoded`: the digest of each) wrote the same. */
export async function check(
  events: AgentEvents,
  { objects, duckdb, lone, consumer, encoder }: Prepared,
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
  const differs = firstDifference(encodeOurs(lone.ours), encodeByBuilders(builderClass, lone.theirs));
  if (differs !== undefined) broken.push(`arrow-js and our writer differ in row ${differs}.`);
  return broken;
}
