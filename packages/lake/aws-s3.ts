import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import { LRUCache } from 'lru-cache';
import { createRoleSessions, type RoleSession } from './aws-sts.ts';
import { faultOf, saysAlreadyThere } from './fault-of.ts';
import type { Lake, PutAnswer, PutRequest } from './lake.ts';
import { msToPut } from './retry.ts';

/** Where a lake lies, who we are there, and how long it is waited for. */
export interface AwsLakeOptions {
  /** The region of the home region's lakes: their buckets lie there, and its own STS endpoint is asked. */
  readonly region: AwsRegion;
  /** One address for S3 and STS instead of AWS's own: a local stack. Buckets then stand in the path. */
  readonly endpoint?: string;
  /** Our own credentials, which may only assume roles. The SDK's usual chain when absent. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** ms since the epoch. */
  readonly now: () => number;
  /** Connections to S3, and to STS, at once: as many as puts, those that hang included. */
  readonly socketsMax?: number;
  readonly connectTimeoutMs?: number;
  /** Silence on a connection, and the longest that one request may take; a put of many bytes may take longer (`msToPut`). */
  readonly idleTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/** Clients are cheap, but not free: one per session, the least used given up first. */
const clientsMax = 512;
const requestMs = 60_000;

/**
 * The customers' lakes on AWS. Each put uses a session of the destination's own role, asked for with the account's
 * external id, and no other credentials. One PutObject, because Security Lake's role may not abort a multipart upload;
 * no ACL, tags or encryption headers, because it may not set them (its permissions boundary denies all else).
 */
export function createAwsLake(options: AwsLakeOptions): Lake {
  const { region, endpoint, credentials, now } = options;
  const common = { region, maxAttempts: 1, ...(endpoint === undefined ? {} : { endpoint }) };
  const stsHandler = requestHandler(options);
  const s3Handler = requestHandler(options);
  const sts = new STSClient({ ...common, requestHandler: stsHandler, ...(credentials ? { credentials } : {}) });
  const sessions = createRoleSessions({ sts, now });
  const clients = new LRUCache<RoleSession, S3Client>({ max: clientsMax });

  // A client can't change its credentials, so each session has its own. They share the connections of one handler, and
  // are never destroyed one by one: that would close those for all.
  function clientOf(session: RoleSession): S3Client {
    const { accessKeyId, secretAccessKey, sessionToken } = session;
    const client =
      clients.get(session) ??
      new S3Client({
        ...common,
        requestHandler: s3Handler,
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        forcePathStyle: endpoint !== undefined,
        followRegionRedirects: false,
      });
    clients.set(session, client);
    return client;
  }

  return {
    async put(request) {
      const { destination, externalId, signal } = request;
      signal?.throwIfAborted();
      const session = await unlessAborted(sessions.session(destination.roleARN, externalId), signal);
      try {
        return await putObject(clientOf(session), request, options.requestTimeoutMs ?? requestMs);
      } catch (error) {
        signal?.throwIfAborted();
        if (saysAlreadyThere(error)) return { outcome: 'already-there' };
        const fault = faultOf(error, 'put-object');
        if (fault.code === 'credentials-expired') {
          sessions.drop(destination.roleARN, externalId, session);
          clients.delete(session);
        }
        throw fault;
      }
    },
    close() {
      clients.clear();
      sts.destroy();
      s3Handler.destroy();
    },
  };
}

async function putObject(client: S3Client, request: PutRequest, leastMs: number): Promise<PutAnswer> {
  const { destination, key, body, signal } = request;
  const sha256 = request.sha256 ?? createHash('sha256').update(body).digest('hex');
  const command = new PutObjectCommand({
    Bucket: destination.bucketName,
    Key: key,
    Body: body,
    ContentLength: body.byteLength,
    IfNoneMatch: '*',
    ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
  });
  // The signature covers the body by the same digest: with the header set, the SDK doesn't hash the body once more.
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'bodyDigest' },
  );
  const requestTimeout = Math.max(leastMs, msToPut(body.byteLength));
  await client.send(command, { requestTimeout, ...(signal === undefined ? {} : { abortSignal: signal }) });
  return { outcome: 'created' };
}

function requestHandler(options: AwsLakeOptions): NodeHttpHandler {
  const { socketsMax = 400, connectTimeoutMs = 3_000, idleTimeoutMs = 15_000, requestTimeoutMs = requestMs } = options;
  const agent = { keepAlive: true, maxSockets: socketsMax };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
    connectionTimeout: connectTimeoutMs,
    socketTimeout: idleTimeoutMs,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  });
}

/** Stops waiting when the signal aborts; what is waited for goes on, because others may wait for it too. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
