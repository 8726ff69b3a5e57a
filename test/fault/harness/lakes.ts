import type { S3Client } from '@aws-sdk/client-s3';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { brokenRules, uuidOf } from '../../tools/lake-rules.ts';
import { rowsByHyparquet } from '../../tools/readers/hyparquet.ts';
import type { FoundRow } from './verdict.ts';

/** One source of a customer's lake. */
export interface Source {
  readonly account: string;
  readonly bucketName: string;
  readonly eventClass: EventClass;
  readonly prefix: string;
}

/** Reads the lakes of all customers as their owner, each object once, and holds it against the lake's rules. */
export class Lakes {
  readonly rows: FoundRow[] = [];
  readonly invalid: string[] = [];
  readonly #contents: LakeContents;
  readonly #sources: readonly Source[];
  readonly #awsAccountOf: (uuid: string) => string | undefined;
  readonly #read = new Set<string>();
  #looking: Promise<void> = Promise.resolve();

  constructor(s3: S3Client, sources: readonly Source[], awsAccountOf: (uuid: string) => string | undefined) {
    this.#contents = new LakeContents(s3);
    this.#sources = sources;
    this.#awsAccountOf = awsAccountOf;
  }

  /** Objects read so far. */
  get objects(): number {
    return this.#read.size;
  }

  /** Reads what has come since the last look. Looks never overlap. */
  look(): Promise<void> {
    const looked = this.#looking.then(() => this.#look());
    this.#looking = looked.catch(() => {});
    return looked;
  }

  async #look(): Promise<void> {
    for (const bucketName of new Set(this.#sources.map((source) => source.bucketName)))
      for (const key of await this.#contents.keys(bucketName))
        if (!this.#read.has(`${bucketName}/${key}`)) await this.#take(bucketName, key);
  }

  async #take(bucketName: string, key: string): Promise<void> {
    const object = `${bucketName}/${key}`;
    const source = this.#sources.find((one) => one.bucketName === bucketName && key.startsWith(`${one.prefix}/`));
    const bytes = await this.#contents.bytes(bucketName, key);
    this.#read.add(object);
    if (source === undefined) {
      this.invalid.push(`${object} lies under no prefix that its customer gave`);
      return;
    }
    const { account, eventClass } = source;
    const rows = await rowsByHyparquet(bytes).catch((error: Error) => {
      this.invalid.push(`${object} can't be read: ${error.message}`);
      return [];
    });
    const expected = { eventClass, account, region: homeRegions['us-1'], awsAccountOf: this.#awsAccountOf };
    this.invalid.push(...brokenRules(key, bytes, rows, expected).map((sentence) => `${bucketName}: ${sentence}`));
    for (const row of rows) this.rows.push({ uuid: uuidOf(row), account, eventClass, object });
  }
}
