import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Fault } from '@tributary/schemas/faults.ts';
import { expiredKeyOf, isParkedObject, noteKeyOf, orderKeyOf } from '@tributary/schemas/lake/parked-key.ts';
import {
  decodeParkedFacts,
  decodeParkedOrder,
  encodeParkedFacts,
  type ParkedFacts,
} from '@tributary/schemas/lake/parked-object.ts';
import type { ParkedEntry, Parking } from './parking.ts';

/** Our own bucket, and who we are there. */
export interface AwsParkingOptions {
  readonly bucketName: string;
  readonly region: string;
  /** The address of a stand-in for S3; the bucket then stands in the path. */
  readonly endpoint?: string;
  /** Our own credentials. The SDK's usual chain when absent. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The name of the metadata that holds the facts. */
const factsName = 'tributary';
const attempts = 3;

interface AwsError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}
const statusOf = (error: unknown) => (error as AwsError | undefined)?.$metadata?.httpStatusCode;

/** The bucket for parked objects on S3. What happens there happens as ourselves; no customer's role is used. */
export function createAwsParking({ bucketName: Bucket, ...options }: AwsParkingOptions): Parking {
  const s3 = new S3Client({
    ...options,
    maxAttempts: attempts,
    forcePathStyle: options.endpoint !== undefined,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 3_000,
      socketTimeout: 15_000,
      requestTimeout: 60_000,
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: 64 },
      httpAgent: { maxSockets: 64 },
    }),
  });
  const remove = async (Key: string) => void (await s3.send(new DeleteObjectCommand({ Bucket, Key })));

  return {
    park: ({ key: Key, body, facts, signal }) =>
      asked('park', async () => {
        const command = new PutObjectCommand({
          ...{ Bucket, Key, Body: body, ContentLength: body.byteLength, IfNoneMatch: '*' },
          ChecksumSHA256: Buffer.from(facts.sha256, 'hex').toString('base64'),
          Metadata: { [factsName]: encodeParkedFacts(facts) },
        });
        const sent = s3.send(command, signal === undefined ? {} : { abortSignal: signal });
        return (await unless(412, sent)) === undefined ? 'already-there' : 'created';
      }),
    list: (prefix) => list(s3, Bucket, prefix),
    facts: (Key) =>
      asked('facts', async () => {
        const head = await unless(404, s3.send(new HeadObjectCommand({ Bucket, Key })));
        return head && factsOf(Key, head.Metadata);
      }),
    read: (Key) =>
      asked('read', async () => {
        const found = await unless(404, s3.send(new GetObjectCommand({ Bucket, Key })));
        if (found?.Body === undefined) return undefined;
        return { body: await found.Body.transformToByteArray(), facts: factsOf(Key, found.Metadata) };
      }),
    ...besides(s3, Bucket),
    keepExpired: (key) =>
      asked('keep-expired', async () => {
        const source = `${Bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
        await unless(404, s3.send(new CopyObjectCommand({ Bucket, Key: expiredKeyOf(key), CopySource: source })));
      }),
    remove: (key) =>
      asked('remove', async () => {
        await remove(key);
        await remove(orderKeyOf(key));
        await remove(noteKeyOf(key));
      }),
    close: () => s3.destroy(),
  };
}

/** What lies beside a parked object. */
function besides(
  s3: S3Client,
  Bucket: string,
): Pick<Parking, 'readNote' | 'writeNote' | 'order' | 'readOrder' | 'clearOrder'> {
  return {
    readNote: (key) =>
      asked('read-note', async () => {
        const found = await unless(404, s3.send(new GetObjectCommand({ Bucket, Key: noteKeyOf(key) })));
        if (found?.Body === undefined) return undefined;
        return { text: await found.Body.transformToString(), version: found.ETag! };
      }),
    writeNote: (key, Body, version) =>
      asked('write-note', async () => {
        const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version };
        const command = new PutObjectCommand({ Bucket, Key: noteKeyOf(key), Body, ...condition });
        // A note that is gone is answered with 404, one that changed with 412, one that is being changed with 409.
        const written = await unless(404, unless(409, unless(412, s3.send(command))));
        return written?.ETag ?? 'conflict';
      }),
    order: (key, Body) =>
      asked('order', async () => void (await s3.send(new PutObjectCommand({ Bucket, Key: orderKeyOf(key), Body })))),
    readOrder: (key) =>
      asked('read-order', async () => {
        const found = await unless(404, s3.send(new GetObjectCommand({ Bucket, Key: orderKeyOf(key) })));
        return found?.Body && decodeParkedOrder(await found.Body.transformToString());
      }),
    clearOrder: (key) =>
      asked('clear-order', async () => {
        await s3.send(new DeleteObjectCommand({ Bucket, Key: orderKeyOf(key) }));
      }),
  };
}

async function* list(s3: S3Client, Bucket: string, Prefix: string): AsyncGenerator<ParkedEntry> {
  let token: string | undefined;
  // An order comes right before its object.
  let ordered: string | undefined;
  do {
    const page = new ListObjectsV2Command({ Bucket, Prefix, ...(token ? { ContinuationToken: token } : {}) });
    const { Contents = [], NextContinuationToken } = await asked('list', () => s3.send(page));
    for (const { Key = '', Size: bytes = 0 } of Contents) {
      if (isParkedObject(Key)) yield { key: Key, bytes, ordered: ordered === orderKeyOf(Key) };
      else ordered = Key;
    }
    token = NextContinuationToken;
  } while (token !== undefined);
}

function factsOf(key: string, metadata: Record<string, string> | undefined): ParkedFacts {
  const facts = decodeParkedFacts(metadata?.[factsName] ?? '');
  if (facts === undefined) throw new Fault('parking-unavailable', `${key} has no facts that this release can read`);
  return facts;
}

/** The answer, or undefined when it is the error that has this status. */
async function unless<Answer>(status: number, sent: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await sent;
  } catch (error) {
    // A bucket that is missing is no answer about an object in it.
    if (statusOf(error) === status && (error as AwsError).name !== 'NoSuchBucket') return undefined;
    throw error;
  }
}

async function asked<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault) throw error;
    const detail = [what, statusOf(error), (error as AwsError).name].filter((part) => part !== undefined).join(' ');
    throw new Fault('parking-unavailable', detail, { cause: error });
  }
}
