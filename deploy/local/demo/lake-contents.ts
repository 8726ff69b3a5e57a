import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** One object of a lake: its key, and the unique id and class of each row. */
export interface LakeObject {
  readonly bucketName: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows: readonly { readonly uuid: string; readonly classUid: number; readonly time: number }[];
}

/** Reads customers' buckets as their owner would, each object once. */
export class LakeContents {
  readonly #s3: S3Client;
  readonly #seen = new Set<string>();

  constructor(s3: S3Client) {
    this.#s3 = s3;
  }

  /** The objects of a bucket that were not read before. */
  async fresh(bucketName: string): Promise<LakeObject[]> {
    const found: LakeObject[] = [];
    for (const key of await this.keys(bucketName)) {
      if (this.#seen.has(`${bucketName}/${key}`)) continue;
      found.push(await this.#read(bucketName, key));
      this.#seen.add(`${bucketName}/${key}`);
    }
    return found;
  }

  /** All keys of a bucket. */
  async keys(bucketName: string): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#s3.send(new ListObjectsV2Command({ Bucket: bucketName, ContinuationToken }));
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys;
  }

  /** The bytes of an object. */
  async bytes(bucketName: string, key: string): Promise<Uint8Array<ArrayBuffer>> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucketName, Key: key }));
    return new Uint8Array(await Body!.transformToByteArray());
  }

  async #read(bucketName: string, key: string): Promise<LakeObject> {
    const bytes = await this.bytes(bucketName, key);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const rows = await parquetReadObjects({ file, compressors, columns: ['metadata', 'class_uid', 'time'] });
    return {
      bucketName,
      key,
      bytes: bytes.byteLength,
      rows: rows.map((row) => ({
        uuid: String(row.metadata?.uid),
        classUid: Number(row.class_uid),
        time: Number(row.time),
      })),
    };
  }
}
