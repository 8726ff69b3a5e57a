import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lakeFaultKinds } from './lake-answers.ts';
import { type LakeFault, LakeFaults, type LakeTenant } from './lake-faults.ts';

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'first session' };
const own: LakeTenant = { name: 'own', bucketName: 'own-lake', roleARNs: ['arn:aws:iam::111122223333:role/own'] };
const put: LakeFault['call'] = 'PutObject';

describe('the faults before S3 and STS', () => {
  const objects = new Map<string, { host: string | undefined; body: string }>();
  const s3: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const isThere = request.method === 'PUT' && objects.has(request.url!);
    if (request.method === 'PUT' && !isThere) objects.set(request.url!, { host: request.headers.host, body });
    if (isThere) response.statusCode = 412;
    response.end(request.method === 'PUT' ? '' : '<AssumeRoleResponse/>');
  });
  let faults: LakeFaults;
  let endpoint = '';
  let session = credentials;

  beforeEach(async () => {
    objects.clear();
    session = credentials;
    await new Promise<void>((done) => s3.listen(0, '127.0.0.1', done));
    faults = new LakeFaults(`http://127.0.0.1:${(s3.address() as AddressInfo).port}`);
    endpoint = await faults.start();
  });
  afterEach(async () => {
    await faults.stop();
    s3.closeAllConnections();
    await new Promise((done) => s3.close(done));
  });

  /** What the SDK makes of a call: 200, AWS's error, that nothing came, or that the connection was cut. */
  async function statusOf(work: (signal: AbortSignal) => Promise<unknown>): Promise<number | string> {
    try {
      await work(AbortSignal.timeout(1_500));
      return 200;
    } catch (error) {
      const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
      if ($metadata?.httpStatusCode !== undefined) return `${$metadata.httpStatusCode} ${name}`;
      return name === 'AbortError' ? 'no answer' : 'cut';
    }
  }
  const putTo = (Bucket: string, Key = 'a/b.parquet') => {
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: session,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const command = new PutObjectCommand({ Bucket, Key, Body: 'rows', IfNoneMatch: '*' });
    return statusOf((abortSignal) => client.send(command, { abortSignal })).finally(() => client.destroy());
  };
  const assume = (RoleArn: string) => {
    const client = new STSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me', ExternalId: '1' });
    return statusOf((abortSignal) => client.send(command, { abortSignal })).finally(() => client.destroy());
  };

  it('send_everything_on_as_it_came_while_there_is_none', async () => {
    expect(await putTo('own-lake')).toBe(200);
    expect([...objects.values()]).toEqual([{ host: new URL(endpoint).host, body: 'rows' }]);
    expect(await assume(own.roleARNs[0]!)).toBe(200);
    expect(faults.puts).toMatchObject([{ bucketName: 'own-lake', key: 'a/b.parquet', status: 200 }]);
  });

  it('answer_as_aws_words_each_refusal_and_do_nothing', async () => {
    const found: Record<string, number | string> = {};
    for (const kind of ['403', '404', '409', '429', '500', '503'] as const) {
      const end = faults.begin({ kind, call: put, tenant: own });
      found[kind] = await putTo('own-lake');
      end();
    }
    expect(found).toEqual({
      '403': '403 AccessDenied',
      '404': '404 NoSuchBucket',
      '409': '409 ConditionalRequestConflict',
      '429': '429 TooManyRequests',
      '500': '500 InternalError',
      '503': '503 SlowDown',
    });
    expect(objects.size).toBe(0);
    expect(await putTo('own-lake')).toBe(200);
  });

  it('never_say_that_an_object_is_there_which_is_not', async () => {
    faults.begin({ kind: '412', call: put });
    expect(await putTo('own-lake')).toBe('412 PreconditionFailed');
    expect([...objects.keys()]).toEqual(['/own-lake/a/b.parquet?x-id=PutObject']);
  });

  it('lose_the_answer_of_what_was_done_and_of_a_reset_nothing_was', async () => {
    const end = faults.begin({ kind: 'reset', call: put });
    expect(await putTo('own-lake')).toBe('cut');
    expect(objects.size).toBe(0);
    end();
    faults.begin({ kind: 'lost-answer', call: put });
    expect(await putTo('own-lake')).toBe('cut');
    expect(objects.size).toBe(1);
  });

  it('drip_and_hang_until_the_sender_gives_up', async () => {
    const end = faults.begin({ kind: 'slow', call: put });
    expect(await putTo('own-lake')).toBe('no answer');
    expect(objects.size).toBe(1);
    end();
    faults.begin({ kind: 'hang', call: put });
    expect(await putTo('own-lake', 'another')).toBe('no answer');
    expect(objects.size).toBe(1);
  });

  it('send_the_rest_of_a_slow_answer_at_once_when_they_end', async () => {
    const end = faults.begin({ kind: 'slow', call: put });
    const answered = putTo('own-lake');
    while (objects.size === 0) await new Promise((done) => setTimeout(done, 10));
    end();
    expect(await answered).toBe(200);
  });

  it('end_the_sessions_that_were_used_before_and_no_new_one', async () => {
    expect(await putTo('own-lake')).toBe(200);
    faults.begin({ kind: 'expired', call: put, tenant: own });
    expect(await putTo('own-lake', 'second')).toBe('400 ExpiredToken');
    session = { ...credentials, sessionToken: 'second session' };
    expect(await putTo('own-lake', 'second')).toBe(200);
  });

  it('end_the_first_session_where_none_was_used_before', async () => {
    faults.begin({ kind: 'expired', call: put, tenant: own });
    expect(await putTo('own-lake')).toBe('400 ExpiredToken');
    expect(await putTo('own-lake')).toBe('400 ExpiredToken');
    session = { ...credentials, sessionToken: 'second session' };
    expect(await putTo('own-lake')).toBe(200);
  });

  it('meet_the_named_customer_and_call_only', async () => {
    faults.begin({ kind: '503', call: 'AssumeRole', tenant: own });
    expect(await assume(own.roleARNs[0]!)).toBe('503 ServiceUnavailable');
    expect(await assume('arn:aws:iam::111122223333:role/other')).toBe(200);
    expect(await putTo('own-lake')).toBe(200);
    faults.begin({ kind: '403', call: put, tenant: own });
    expect(await putTo('other-lake')).toBe(200);
    expect(await putTo('own-lake', 'second')).toBe('403 AccessDenied');
  });

  it.each(lakeFaultKinds)('count_each_time_that_they_were_met: %s', async (kind) => {
    await putTo('own-lake', 'before');
    faults.begin({ kind, call: put });
    await putTo('own-lake');
    expect([...faults.made]).toEqual([[`PutObject ${kind}`, 1]]);
  });
});
