import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAwsProber, type Probe } from '@tributary/lake';
import { probeContract } from '@tributary/lake/probe.contract.ts';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { killPart, startStack, stopStack } from '@tributary/local/stack.ts';
import { openCustomers } from './probe-customers.ts';

probeContract('S3, STS and IAM', async () => {
  const endpoints = readEndpoints();
  const customers = openCustomers(endpoints);
  let ms = Date.now();
  let act: (() => Promise<unknown>) | undefined;
  const prober = createAwsProber({
    endpoint: endpoints.aws,
    credentials: endpoints.awsUsers.service,
    now: () => ms,
    async pause(pauseMs) {
      ms += pauseMs;
      const now = act;
      act = undefined;
      await now?.();
    },
  });
  return {
    prober,
    otherRegion: 'eu-central-1',
    arrange: customers.arrange,
    stored: customers.stored,
    atNextPause(next) {
      act = next;
    },
    async close() {
      prober.close();
      customers.close();
    },
  };
});

describe('a probe of sessions that end', () => {
  it('goes_on_with_a_new_one', async () => {
    const dir = `${stackDirectory()}/probe-short-sessions`;
    try {
      const short = await startStack({ dir, portBase: 0, only: ['aws'], awsSessionSecondsMax: 2 });
      const customers = openCustomers(short);
      const probe = await customers.arrange({ grant: 'nothing' });
      const prober = createAwsProber({
        endpoint: short.aws,
        credentials: short.awsUsers.service,
        now: Date.now,
        async pause() {
          await pauseFor(2_100);
          await customers.arrange({}, probe);
        },
      });
      expect(await prober.probe(probe)).toMatchObject({ ok: true, retries: 1 });
      expect(await customers.stored(probe.bucket)).toEqual([]);
      prober.close();
      customers.close();
    } finally {
      await stopStack(dir);
    }
  }, 60_000);
});

describe('a probe while AWS is away', () => {
  it('says_nothing_about_the_destination', async () => {
    const dir = `${stackDirectory()}/probe-outage`;
    try {
      const stack = await startStack({ dir, portBase: 0, only: ['aws'] });
      const customers = openCustomers(stack);
      const probe = await customers.arrange({ trust: 'no-role' });
      await killPart(dir, 'aws');
      const prober = createAwsProber({ endpoint: stack.aws, credentials: stack.awsUsers.service, now: Date.now });
      await expect(prober.probe(probe)).rejects.toMatchObject({ code: 'lake-unavailable' });
      prober.close();
      customers.close();
    } finally {
      await stopStack(dir);
    }
  }, 60_000);
});

const secrets = ['secret-of-ours', 'secret-of-the-session', 'token-of-the-session'];
const session = (allowed: boolean) =>
  allowed
    ? `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIATEST</AccessKeyId><SecretAccessKey>${secrets[1]}</SecretAccessKey><SessionToken>${secrets[2]}</SessionToken>
<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
    : `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>not authorized</Message></Error></ErrorResponse>`;

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;
const s3Error =
  (status: number, code: string, message = code): Answer =>
  (response) =>
    response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
const stsError =
  (status: number, code: string): Answer =>
  (response) =>
    response
      .writeHead(status)
      .end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error></ErrorResponse>`,
      );

/** What an AWS answers to the customer's own id, to any other or none, and to the put. */
interface Script {
  readonly own?: Answer;
  readonly foreign?: Answer;
  readonly put?: Answer;
}

const probe: Probe = {
  roleARN: 'arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-us-east-1',
  externalId: '000000000001',
  bucket: 'aws-security-data-lake-us-east-1-abc',
  prefix: 'ext/tributary/1.0',
  region: 'us-east-1',
};

/** An AWS whose answers the test writes; remembers what it was asked. */
async function scriptedAws({ own, foreign, put }: Script) {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ request, body });
      const isOwn = new URLSearchParams(body).get('ExternalId') === probe.externalId;
      if (request.method === 'PUT') return (put ?? s3Error(400, 'BadDigest'))(response, request);
      if (isOwn && own) return own(response, request);
      if (!isOwn && foreign) return foreign(response, request);
      response.writeHead(isOwn ? 200 : 403).end(session(isOwn));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const prober = createAwsProber({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: secrets[0]! },
    now: Date.now,
    patienceMs: 0,
    requestTimeoutMs: 400,
  });
  const close = () => {
    prober.close();
    server.closeAllConnections();
    server.close();
  };
  return { asked, prober, close };
}

describe('a probe on the wire', () => {
  it('throws_away_what_it_should_not_have_got_and_lets_it_do_nothing', async () => {
    const { asked, prober, close } = await scriptedAws({ foreign: (response) => response.end(session(true)) });
    expect(await prober.probe(probe)).toMatchObject({ fault: 'role-trusts-without-external-id' });
    close();
    const foreign = asked.map(({ body }) => new URLSearchParams(body)).filter((form) => form.get('Policy') !== null);
    const ids = foreign.map((form) => form.get('ExternalId'));
    expect(ids).toEqual(expect.arrayContaining([null, '100000000001', '010000000001']));
    for (const form of foreign)
      expect(JSON.parse(form.get('Policy')!).Statement).toEqual([{ Effect: 'Deny', Action: '*', Resource: '*' }]);
    expect(asked.every(({ request }) => request.headers['x-amz-security-token'] === undefined)).toBe(true);
  });

  it('puts_without_condition_and_with_one_digest_alone_and_nothing_that_the_role_may_not_set', async () => {
    const { asked, prober, close } = await scriptedAws({});
    expect(await prober.probe(probe)).toEqual({ ok: true, retries: 0, retriedForMs: 0 });
    close();
    const { headers, url } = asked.at(-1)!.request;
    expect(decodeURIComponent(url!)).toMatch(
      /^\/aws-security-data-lake-us-east-1-abc\/ext\/tributary\/1\.0\/region=us-east-1\/accountId=external_000000000001\/eventDay=\d{8}\/tributary-probe\?x-id=PutObject$/,
    );
    expect(headers['content-md5']).toBe('AAAAAAAAAAAAAAAAAAAAAA==');
    expect(Object.keys(headers).filter((name) => /^if-|checksum|acl|tagging|encryption|grant/.test(name))).toEqual([]);
  });

  const never: Answer = () => undefined;
  const reset: Answer = (_, request) => request.socket.destroy();
  it.each<[string, Script, string]>([
    ['sts_says_503', { own: stsError(503, 'ServiceUnavailable') }, 'lake-throttled'],
    ['sts_throttles', { own: stsError(400, 'Throttling') }, 'lake-throttled'],
    ['sts_never_answers', { own: never }, 'lake-unavailable'],
    ['sts_resets', { own: reset }, 'lake-unavailable'],
    ['sts_knows_our_own_key_no_more', { own: stsError(403, 'InvalidClientTokenId') }, 'lake-unavailable'],
    ['sts_is_away_when_others_are_tried', { foreign: stsError(500, 'InternalFailure') }, 'lake-unavailable'],
    ['sts_throttles_when_others_are_tried', { foreign: stsError(400, 'Throttling') }, 'lake-throttled'],
    [
      'sts_rejects_a_parameter_when_others_are_tried',
      { foreign: stsError(400, 'ValidationError') },
      'lake-unavailable',
    ],
    ['s3_says_slow_down', { put: s3Error(503, 'SlowDown') }, 'lake-throttled'],
    ['s3_fails', { put: s3Error(500, 'InternalError') }, 'lake-unavailable'],
    ['s3_is_slow', { put: never }, 'lake-unavailable'],
    ['s3_resets', { put: reset }, 'lake-unavailable'],
    ['s3_says_412', { put: s3Error(412, 'PreconditionFailed') }, 'lake-unavailable'],
    ['s3_does_not_understand_the_digest', { put: s3Error(400, 'InvalidDigest') }, 'lake-unavailable'],
    ['s3_ends_each_session', { put: s3Error(400, 'ExpiredToken') }, 'credentials-expired'],
  ])('decides_nothing_where_%s', async (_, script, code) => {
    const { prober, close } = await scriptedAws(script);
    const error = await prober.probe(probe).then(
      (outcome) => outcome,
      (reason) => reason,
    );
    close();
    expect(error).toMatchObject({ name: 'Fault', code });
    for (const secret of secrets) expect(textOf(error)).not.toContain(secret);
  });

  it.each<[string, Script, object]>([
    ['stored', { put: (response) => response.end() }, { fault: 'probe-written', key: expect.stringMatching(/probe$/) }],
    [
      'AuthorizationHeaderMalformed',
      { put: s3Error(400, 'AuthorizationHeaderMalformed') },
      { fault: 'bucket-elsewhere' },
    ],
    ['AllAccessDisabled', { put: s3Error(403, 'AllAccessDisabled') }, { fault: 'put-refused' }],
    ['KMS.DisabledException', { put: s3Error(400, 'KMS.DisabledException') }, { fault: 'key-unusable' }],
    ['RegionDisabled', { own: stsError(403, 'RegionDisabledException') }, { fault: 'sts-disabled-in-region' }],
  ])('reads_%s', async (_, script, outcome) => {
    const { prober, close } = await scriptedAws(script);
    const found = await prober.probe(probe);
    close();
    expect(found).toMatchObject({ ok: false, ...outcome });
    for (const secret of secrets) expect(JSON.stringify(found)).not.toContain(secret);
  });
});

/** An error as the wordiest log would show it, with its causes and whatever hangs on them. */
const textOf = (error: unknown) => inspect(error, { depth: 20, maxStringLength: null, maxArrayLength: null });

describe('the retries', () => {
  let customers: ReturnType<typeof openCustomers>;
  beforeAll(() => {
    customers = openCustomers(readEndpoints());
  });
  afterAll(() => customers.close());

  it('end_by_themselves_on_the_real_clock', async () => {
    const { aws, awsUsers } = readEndpoints();
    const prober = createAwsProber({ endpoint: aws, credentials: awsUsers.service, now: Date.now, patienceMs: 600 });
    const absent = await customers.arrange({ trust: 'no-role' });
    const outcome = await prober.probe({ ...absent, roleARN: `${absent.roleARN}-${randomUUID().slice(0, 8)}` });
    prober.close();
    expect(outcome).toMatchObject({ ok: false, fault: 'role-not-assumable', retries: 1 });
    expect(outcome.retriedForMs).toBeGreaterThanOrEqual(500);
  });
});
