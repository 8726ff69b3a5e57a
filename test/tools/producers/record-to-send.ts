/** A record that a producer is told to send. */
export interface RecordToSend {
  readonly codec: (typeof codecs)[number];
  /** In a transaction that ends so, or in none. */
  readonly fate: 'plain' | 'commit' | 'abort';
  readonly hasHeaders: boolean;
  readonly partition: number;
  readonly key: string;
  /** `avro`: the payload is the activity's JSON, which the client's own serializer encodes. */
  readonly kind: 'avro' | 'bytes' | 'null';
  readonly payload: Buffer;
}

/** Every compression of Kafka, by its name. */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Where a record lies that was acknowledged. */
export interface Landed {
  readonly partition: number;
  readonly offset: number;
}

/** Where to, and how the ids of its transactions begin. */
export interface ProducerPlace {
  readonly brokers: string;
  readonly schemaRegistry: string;
  readonly topic: string;
  /** The Avro schema of the topic. */
  readonly schema: object;
  readonly unique: string;
}

/** Sends all of it; answers where each record landed, undefined where the client doesn't say. */
export type Produce = (records: readonly RecordToSend[], place: ProducerPlace) => Promise<(Landed | undefined)[]>;

/** The lines that `produce.py` and `Produce.java` read. */
export function linesOf(records: readonly RecordToSend[]): string {
  return records
    .map(({ codec, fate, hasHeaders, partition, key, kind, payload }) =>
      [codec, fate, hasHeaders ? 1 : 0, partition, key, kind, payload.toString('base64')].join('\t'),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** What they print: `<number of the line> <partition> <offset>`. */
export function landedIn(output: string, records: readonly RecordToSend[]): (Landed | undefined)[] {
  const landed: (Landed | undefined)[] = records.map(() => undefined);
  for (const line of output.trim().split('\n')) {
    const [number, partition, offset] = line.split(' ').map(Number);
    landed[number!] = { partition: partition!, offset: offset! };
  }
  return landed;
}
