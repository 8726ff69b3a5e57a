import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsLakeOptions, createAwsLake, type Lake, type PutRequest } from '@tributary/lake';
import { lakeContract } from '@tributary/lake/lake.contract.ts';
import { customerClients, makeLake } from '@tributary/local/demo/customer.ts';
import { type Endpoints, readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { startStack, stopStack } from '@tributary/local/stack.ts';
import type { Destination } from '@tributary/schemas/registration.ts';

let customers = 700;

/** A customer of its own, with bucket and role in the stack's AWS. (A role is named after its account's last digits.) */
async function newCustomer(endpoints: Endpoints): Promise<{ externalId: string; destination: Destination }> {
  const account = `770000000${customers++}`;
  const bucketName = newBucketName();
  const [source] = await makeLake(endpoints, { account, bucketName, eventClasses: [] });
  const { prefix, roleARN } = source!;
  const providerAccountID = endpoints.awsUsers.customer.accountId;
  return { externalId: account, destination: { providerAccountID, bucketName, prefix, roleARN } };
}

const newBucketName = () => `aws-security-data-lake-us-east-1-${randomUUID().slice(0, 13)}`;

const lakeOf = (endpoints: Endpoints, changes: Partial<AwsLakeOptions> = {}) =>
  createAwsLake({
    region: 'us-east-1',
    endpoint: endpoints.aws,
    credentials: endpoints.awsUsers.service,
    now: Date.now,
    ...changes,
  });

lakeContract('S3 and STS', async () => {
  const endpoints = readEndpoints();
  const customer = await newCustomer(endpoints);
  const lake = lakeOf(endpoints);
  const { s3, close } = customerClients(endpoints);
  return {
    lake,
    ...customer,
    async read(Bucket, Key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey || (error as Error).name === 'NoSuchBucket') return undefined;
        throw error;
      }
    },
    async close() {
      lake.close();
      close();
    },
  };
});

describe('the customers roles', () => {
  let endpoints: Endpoints;
  let lake: Lake;
  beforeAll(() => {
    endpoints = readEndpoints();
    lake = lakeOf(endpoints);
  });
  afterAll(() => lake.close());

  const objectFor = ({ externalId, destination }: Awaited<ReturnType<typeof newCustomer>>): PutRequest => ({
    externalId,
    destination,
    key: `${destination.prefix}/${randomUUID()}.parquet`,
    body: new Uint8Array([1]),
  });

  it('never_let_one_customer_into_the_lake_of_another', async () => {
    const [ours, theirs] = [await newCustomer(endpoints), await newCustomer(endpoints)];
    await lake.put(objectFor(ours));
    await lake.put(objectFor(theirs));
    const stolen = { ...objectFor(theirs), externalId: ours.externalId };
    await expect(lake.put(stolen)).rejects.toMatchObject({ code: 'role-refused' });
    const misdirected = {
      ...objectFor(theirs),
      destination: { ...theirs.destination, roleARN: ours.destination.roleARN },
    };
    await expect(lake.put({ ...misdirected, externalId: ours.externalId })).rejects.toMatchObject({
      code: 'put-refused',
    });
  });

  it('cannot_be_assumed_by_someone_else_with_the_right_external_id', async () => {
    const outsider = lakeOf(endpoints, { credentials: endpoints.awsUsers.outsider });
    await expect(outsider.put(objectFor(await newCustomer(endpoints)))).rejects.toMatchObject({ code: 'role-refused' });
    outsider.close();
  });

  it('refuse_a_bucket_that_is_gone_or_was_never_theirs', async () => {
    const customer = await newCustomer(endpoints);
    const destination = { ...customer.destination, bucketName: newBucketName() };
    const put = lake.put({ ...objectFor(customer), destination });
    // AWS: 404 where the role may know that the bucket is missing, else 403.
    expect(['bucket-missing', 'put-refused']).toContain((await put.catch((error) => error)).code);
  });

  it('are_assumed_again_when_a_session_ended_under_way', async () => {
    const dir = `${stackDirectory()}/lake-short-sessions`;
    try {
      const short = await startStack({ dir, portBase: 0, only: ['aws'], awsSessionSecondsMax: 2 });
      // A clock that is an hour slow: the lake trusts its session when AWS doesn't any more.
      const slow = lakeOf(short, { now: () => Date.now() - 3_600_000 });
      const customer = await newCustomer(short);
      expect(await slow.put(objectFor(customer))).toEqual({ outcome: 'created' });
      let fault: { code?: string } = {};
      while (fault.code === undefined) {
        await pause(200);
        fault = await slow.put(objectFor(customer)).then(
          () => ({}),
          (error) => error,
        );
      }
      expect(fault.code).toBe('credentials-expired');
      expect(await slow.put(objectFor(customer))).toEqual({ outcome: 'created' });
      slow.close();
    } finally {
      await stopStack(dir);
    }
  }, 60_000);
});

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

/** An AWS that assumes every role and answers puts as told. */
async function scriptedAws(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer((request, response) => {
    if (request.method === 'PUT') return answer(request, response);
    request.resume().on('end', () => response.end(assumed));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const lake = createAwsLake({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    now: Date.now,
    idleTimeoutMs: 300,
    requestTimeoutMs: 600,
  });
  const close = () => {
    lake.close();
    server.closeAllConnections();
    server.close();
  };
  return { lake, close };
}

const refusal = (status: number, code: string) => (request: IncomingMessage, response: ServerResponse) => {
  request.resume().on('end', () => response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`));
};

describe('a put on the wire', () => {
  const request: PutRequest = {
    destination: {
      providerAccountID: '111122223333',
      bucketName: 'aws-security-data-lake-us-east-1-abc',
      prefix: 'ext/a',
      roleARN: 'arn:aws:iam::111122223333:role/a',
    },
    externalId: '000000000001',
    key: 'ext/a/x.parquet',
    body: new Uint8Array(100_000).fill(7),
  };

  it('is_one_conditional_put_with_its_length_and_digest_and_nothing_that_the_role_may_not_set', async () => {
    const seen: IncomingMessage[] = [];
    const { lake, close } = await scriptedAws((incoming, response) => {
      seen.push(incoming);
      incoming.resume().on('end', () => response.end());
    });
    const sha256 = createHash('sha256').update(request.body).digest('hex');
    await lake.put({ ...request, sha256 });
    close();
    expect(seen).toHaveLength(1);
    const { headers, url } = seen[0]!;
    expect(url).toBe('/aws-security-data-lake-us-east-1-abc/ext/a/x.parquet?x-id=PutObject');
    expect(headers).toMatchObject({
      'if-none-match': '*',
      'content-length': '100000',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      'x-amz-content-sha256': sha256,
      'x-amz-security-token': 'token',
    });
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(Object.keys(headers).filter((name) => /acl|tagging|encryption|storage-class|grant/.test(name))).toEqual([]);
  });

  it.each([
    [503, 'SlowDown', 'lake-throttled'],
    [500, 'InternalError', 'lake-unavailable'],
    [409, 'ConditionalRequestConflict', 'lake-conflict'],
    [404, 'NoSuchBucket', 'bucket-missing'],
    [301, 'PermanentRedirect', 'bucket-missing'],
    [403, 'AccessDenied', 'put-refused'],
    [400, 'ExpiredToken', 'credentials-expired'],
  ])('that_is_answered_%i_%s_is_%s_and_not_sent_again', async (status, code, fault) => {
    let puts = 0;
    const { lake, close } = await scriptedAws((incoming, response) => {
      puts++;
      refusal(status, code)(incoming, response);
    });
    await expect(lake.put(request)).rejects.toMatchObject({ code: fault });
    close();
    expect(puts).toBe(1);
  });

  it.each([
    ['is_never_answered', () => undefined],
    ['is_reset', (incoming: IncomingMessage) => incoming.socket.destroy()],
    ['is_answered_with_rubbish', (incoming: IncomingMessage) => incoming.socket.end('rubbish\r\n\r\n')],
  ])('that_%s_is_lake_unavailable', async (_, answer) => {
    const { lake, close } = await scriptedAws(answer);
    await expect(lake.put(request)).rejects.toMatchObject({ code: 'lake-unavailable' });
    close();
  });

  it('to_nobody_is_lake_unavailable', async () => {
    const { lake, close } = await scriptedAws(() => undefined);
    close();
    await expect(lake.put(request)).rejects.toMatchObject({ code: 'lake-unavailable' });
  });

  it('under_way_ends_with_the_reason_of_its_signal', async () => {
    const stop = new AbortController();
    const { lake, close } = await scriptedAws(() => stop.abort(new Error('shutting down')));
    await expect(lake.put({ ...request, signal: stop.signal })).rejects.toThrow('shutting down');
    close();
  });
});
