import { setTimeout as pauseFor } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Fault } from '@tributary/schemas/faults.ts';
import type { AwsRegion } from '@tributary/schemas/regions.ts';
import { type RoleSession, sessionNameOf } from './aws-sts.ts';
import { faultOf } from './fault-of.ts';
import { createProber, type ProbeCalls, type Prober } from './probe.ts';
import { readPutAnswer } from './probe-rules.ts';

/** Who we are at AWS, and how long the probe waits. */
export interface AwsProberOptions {
  /** One address for S3 and STS instead of AWS's own: a local stack. Buckets then stand in the path. */
  readonly endpoint?: string;
  /** Our own credentials, which may only assume roles. The SDK's usual chain when absent. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** ms since the epoch. */
  readonly now: () => number;
  /** Waits; rejects when the signal aborts. Timers of Node when absent. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** How long refusals are tried again in all (`patienceMsDefault`). */
  readonly patienceMs?: number;
  readonly connectTimeoutMs?: number;
  /** The longest that one request may take. */
  readonly requestTimeoutMs?: number;
  /** Clients of STS and S3; made from the settings above when absent. */
  readonly clients?: ProbeClients;
}

/** Makes the clients of a probe, one try a call. */
export interface ProbeClients {
  /** As ourselves. */
  sts(region: AwsRegion): Pick<STSClient, 'send' | 'destroy'>;
  /** As the role of `session`. Not destroyed: a client for one probe shares the connections of all. */
  s3(region: AwsRegion, session: RoleSession): Pick<S3Client, 'send'>;
  close(): void;
}

/** The shortest session that STS gives (DurationSeconds: 900). */
const sessionSeconds = 900;
/** Sessions that nobody should have got can do nothing: a session policy takes all that the role may do. */
const powerless = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});
/** A digest of MD5's length, but not of the body: no body of ours has it. */
const wrongMD5 = Buffer.alloc(16).toString('base64');

/** Probes on AWS. Neither sessions nor refusals are kept from one probe to the next. */
export function createAwsProber(options: AwsProberOptions): Prober {
  const clients = options.clients ?? probeClients(options);
  const { now, pause = waited, patienceMs } = options;
  const calls = awsCalls(clients);
  return createProber({ calls, now, pause, ...(patienceMs === undefined ? {} : { patienceMs }) });
}

function awsCalls(clients: ProbeClients): ProbeCalls<RoleSession> {
  const sts = new Map<AwsRegion, Pick<STSClient, 'send' | 'destroy'>>();
  const stsOf = (region: AwsRegion) => {
    const client = sts.get(region) ?? clients.sts(region);
    sts.set(region, client);
    return client;
  };
  return {
    async assume({ roleARN, region, signal }, externalId) {
      const answer = await send(() => stsOf(region).send(assumeRole(roleARN, externalId), aborting(signal)), signal);
      if ('error' in answer) return { refusal: refusalOfRole(answer.error) };
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.value.Credentials ?? {};
      if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
        throw new Fault('lake-unavailable', 'assume-role answered without keys');
      const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      return { session: { ...session, endsAt: Expiration.getTime() } };
    },
    async letsIn({ roleARN, region, signal }, externalId) {
      const command = assumeRole(roleARN, externalId, { Policy: powerless });
      const answer = await send(() => stsOf(region).send(command, aborting(signal)), signal);
      if ('error' in answer) assertRefused(answer.error);
      return 'value' in answer;
    },
    async put({ bucket, region, signal }, session, key) {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'probe', ContentMD5: wrongMD5 });
      const answer = await send(() => clients.s3(region, session).send(command, aborting(signal)), signal);
      if ('value' in answer) return { refusal: 'probe-written' };
      const read = readPutAnswer(answer.error);
      if (read !== undefined) return read;
      const fault = faultOf(answer.error, 'put-object');
      if (fault.code === 'credentials-expired') return 'expired';
      if (fault.code === 'put-refused' && statusOf(answer.error) !== 412) return { refusal: 'put-refused' };
      throw isOutage(fault) ? fault : new Fault('lake-unavailable', 'put-object, an answer that S3 should not give');
    },
    close() {
      for (const client of sts.values()) client.destroy();
      clients.close();
    },
  };
}

function assumeRole(roleARN: string, externalId: string | undefined, more: Partial<AssumeRoleCommandInput> = {}) {
  return new AssumeRoleCommand({
    RoleArn: roleARN,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    RoleSessionName: sessionNameOf('probe'),
    DurationSeconds: sessionSeconds,
    ...more,
  });
}

/** Throws the fault where STS decided nothing about the role. */
function refusalOfRole(error: unknown): 'role-not-assumable' | 'sts-disabled-in-region' {
  const fault = faultOf(error, 'assume-role');
  if (fault.code !== 'role-refused') throw fault;
  return (error as Error).name === 'RegionDisabledException' ? 'sts-disabled-in-region' : 'role-not-assumable';
}

/** Only AccessDenied shows that the role keeps us out. Whatever else STS says (a parameter that it rejects) shows nothing. */
function assertRefused(error: unknown): void {
  const fault = faultOf(error, 'assume-role');
  if (fault.code !== 'role-refused') throw fault;
  if ((error as Error).name !== 'AccessDenied')
    throw new Fault('lake-unavailable', 'assume-role, of a trust to be refused');
}

/** The answer or the error as a value; the signal's reason is thrown. */
async function send<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  signal?.throwIfAborted();
  try {
    return { value: await work() };
  } catch (error) {
    signal?.throwIfAborted();
    return { error };
  }
}

const outages: ReadonlySet<string> = new Set(['lake-throttled', 'lake-unavailable']);
const isOutage = (fault: Fault) => outages.has(fault.code);
const statusOf = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
const aborting = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });

function probeClients(options: AwsProberOptions): ProbeClients {
  const { endpoint, credentials, connectTimeoutMs = 3_000, requestTimeoutMs = 5_000 } = options;
  const handler = new NodeHttpHandler({
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  });
  const common = { maxAttempts: 1, requestHandler: handler, ...(endpoint === undefined ? {} : { endpoint }) };
  return {
    sts: (region) => new STSClient({ ...common, region, ...(credentials ? { credentials } : {}) }),
    s3: (region, { accessKeyId, secretAccessKey, sessionToken }) =>
      new S3Client({
        ...common,
        region,
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        forcePathStyle: endpoint !== undefined,
        followRegionRedirects: false,
        // No digest but the wrong one: S3 then has one reason alone to say BadDigest.
        requestChecksumCalculation: 'WHEN_REQUIRED',
      }),
    close: () => handler.destroy(),
  };
}

async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await pauseFor(ms, undefined, signal === undefined ? {} : { signal }).catch((error) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
