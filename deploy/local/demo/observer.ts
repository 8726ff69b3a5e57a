import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { rejectedHeaders } from '@tributary/schemas/kafka/rejected.ts';
import { rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { Offset, Stream, StreamRecord } from '@tributary/stream';
import type { Completeness } from './completeness.ts';
import type { LakeContents, LakeObject } from './lake-contents.ts';

/** One custom source of a customer, as the observer must know it to say whose a row is. */
export interface ObservedSource {
  readonly account: string;
  readonly bucketName: string;
  readonly eventClass: EventClass;
  readonly prefix: string;
}

/** Looks at what came out: objects in the customers' buckets, and records on `rejected`; each once. */
export class Observer {
  readonly #stream: Pick<Stream, 'read'>;
  readonly #lake: LakeContents;
  readonly #sources: readonly ObservedSource[];
  readonly #proof: Completeness;
  #rejectedNext: Offset;

  /** `rejectedFrom`: the end of `rejected` before the run began. */
  constructor(options: {
    readonly stream: Pick<Stream, 'read'>;
    readonly lake: LakeContents;
    readonly sources: readonly ObservedSource[];
    readonly proof: Completeness;
    readonly rejectedFrom: Offset;
  }) {
    this.#stream = options.stream;
    this.#lake = options.lake;
    this.#sources = options.sources;
    this.#proof = options.proof;
    this.#rejectedNext = options.rejectedFrom;
  }

  /** Tells the proof what has come since the last look. */
  async look(): Promise<void> {
    this.#rejectedNext = await this.#stream.read({
      topic: rejectedTopic,
      partition: 0,
      from: this.#rejectedNext,
      onRecord: (record) => this.#proof.rejected(rejectedEvent(record)),
    });
    for (const bucketName of new Set(this.#sources.map((source) => source.bucketName))) {
      for (const object of await this.#lake.fresh(bucketName)) this.#tell(object);
    }
  }

  #tell({ bucketName, key, rows }: LakeObject): void {
    const source = this.#sources.find((one) => one.bucketName === bucketName && key.startsWith(`${one.prefix}/`));
    if (source === undefined) throw new Error(`${bucketName}/${key} lies under no prefix that a customer gave`);
    this.#proof.object(source.eventClass);
    for (const { uuid, classUid, time } of rows)
      this.#proof.delivered(uuid, source.account, source.eventClass, classUid, time);
  }
}

function rejectedEvent({ headers }: StreamRecord): { source: string; fault: string } {
  const text = (name: string) => headers[name]?.toString() ?? '';
  const source = [rejectedHeaders.sourceTopic, rejectedHeaders.sourcePartition, rejectedHeaders.sourceOffset]
    .map(text)
    .join('/');
  return { source, fault: text(rejectedHeaders.fault) };
}
