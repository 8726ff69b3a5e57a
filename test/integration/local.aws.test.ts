import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AwsUser, type Endpoints, readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { startStack, stopStack } from '@tributary/local/stack.ts';

// Each of these is a rule of AWS on which the product's safety rests, so the local AWS has to refuse as AWS refuses.
// Stock moto fails most of them: it checks neither trust nor digests nor the age of a session.

const externalId = 'customer-0042';
const prefix = 'ext/endpoint-dns';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Account {
  readonly aws: string;
  readonly bucket: string;
  readonly role: string;
}

const opened: { destroy(): void }[] = [];
const keep = <Client extends { destroy(): void }>(client: Client): Client => {
  opened.push(client);
  return client;
};
const config = (aws: string, credentials: Keys) => ({
  endpoint: aws,
  region: 'us-east-1',
  credentials: { ...credentials },
  maxAttempts: 1,
});
const s3As = (keys: Keys, aws: string) => keep(new S3Client({ ...config(aws, keys), forcePathStyle: true }));
const stsAs = (keys: Keys, aws: string) => keep(new STSClient(config(aws, keys)));
const iamAs = (keys: Keys, aws: string) => keep(new IAMClient(config(aws, keys)));

const statement = (fields: object) => JSON.stringify({ Version: '2012-10-17', Statement: [fields] });
const trusting = (principal: string, condition?: object) =>
  statement({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { AWS: principal },
    ...(condition === undefined ? {} : { Condition: condition }),
  });
const withExternalId = { StringEquals: { 'sts:ExternalId': externalId } };

async function makeRole(owner: AwsUser, aws: string, trust: string, grants?: object): Promise<string> {
  const RoleName = `lake-${randomUUID()}`;
  const iam = iamAs(owner, aws);
  const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
  if (grants) {
    const PolicyDocument = statement(grants);
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'write', PolicyDocument }));
  }
  return made.Role?.Arn ?? '';
}

/** A bucket and a role as Security Lake makes them for a custom source: it may put below its prefix, nothing else. */
async function makeLake({ aws, awsUsers }: Endpoints): Promise<Account> {
  const bucket = `lake-${randomUUID()}`;
  await s3As(awsUsers.customer, aws).send(new CreateBucketCommand({ Bucket: bucket }));
  const role = await makeRole(
    awsUsers.customer,
    aws,
    trusting(`arn:aws:iam::${awsUsers.service.accountId}:root`, withExternalId),
    {
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${bucket}/${prefix}/*`,
    },
  );
  return { aws, bucket, role };
}

async function assume(aws: string, keys: Keys, input: Partial<AssumeRoleCommandInput>): Promise<Keys> {
  const request = { RoleArn: '', RoleSessionName: 'test', ...input };
  const { Credentials: made } = await stsAs(keys, aws).send(new AssumeRoleCommand(request));
  return {
    accessKeyId: made?.AccessKeyId ?? '',
    secretAccessKey: made?.SecretAccessKey ?? '',
    sessionToken: made?.SessionToken ?? '',
  };
}

/** Status and code of a refusal, or `200 OK`: what a caller can tell apart. */
async function answerOf(request: Promise<unknown>): Promise<string> {
  try {
    await request;
    return '200 OK';
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode ?? 'no answer'} ${name}`;
  }
}

let stack: Endpoints;
let lake: Account;
let service: AwsUser;
const assumeLake = (input: Partial<AssumeRoleCommandInput> = {}, keys: Keys = service) =>
  assume(stack.aws, keys, { RoleArn: lake.role, ExternalId: externalId, ...input });

beforeAll(async () => {
  stack = readEndpoints();
  service = stack.awsUsers.service;
  lake = await makeLake(stack);
});

afterAll(() => {
  for (const client of opened) client.destroy();
});

describe('the trust of a role', () => {
  it('lets_our_account_in_with_the_right_external_id', async () => {
    expect(await answerOf(assumeLake())).toBe('200 OK');
  });

  it('refuses_a_wrong_external_id', async () => {
    expect(await answerOf(assumeLake({ ExternalId: 'customer-0043' }))).toBe('403 AccessDenied');
  });

  it('refuses_a_missing_external_id', async () => {
    expect(await answerOf(assumeLake({ ExternalId: undefined }))).toBe('403 AccessDenied');
  });

  it('refuses_a_role_that_does_not_exist', async () => {
    const RoleArn = `arn:aws:iam::${stack.awsUsers.customer.accountId}:role/nobody`;
    expect(await answerOf(assumeLake({ RoleArn }))).toBe('403 AccessDenied');
  });

  it('refuses_an_account_that_the_role_does_not_trust', async () => {
    expect(await answerOf(assumeLake({}, stack.awsUsers.outsider))).toBe('403 AccessDenied');
  });

  it('refuses_a_caller_whose_own_account_does_not_let_it_assume', async () => {
    const { operator, customer } = stack.awsUsers;
    const session = await assume(stack.aws, operator, {
      RoleArn: await makeRole(operator, stack.aws, trusting(operator.accountId)),
    });
    const trustsEveryone = await makeRole(customer, stack.aws, trusting('*'));
    expect(await answerOf(assume(stack.aws, session, { RoleArn: trustsEveryone }))).toBe('403 AccessDenied');
    expect(await answerOf(assume(stack.aws, service, { RoleArn: trustsEveryone }))).toBe('200 OK');
  });

  it.each([
    ['the root of our account', () => `arn:aws:iam::${service.accountId}:root`, '200 OK'],
    ['the bare number of our account', () => service.accountId, '200 OK'],
    ['our very user', () => service.arn, '200 OK'],
    ['another user of our account', () => stack.awsUsers.operator.arn, '403 AccessDenied'],
    ['another account', () => stack.awsUsers.outsider.accountId, '403 AccessDenied'],
  ])('reads_a_principal_that_is_%s', async (_, principal, answer) => {
    const RoleArn = await makeRole(stack.awsUsers.customer, stack.aws, trusting(principal(), withExternalId));
    expect(await answerOf(assumeLake({ RoleArn }))).toBe(answer);
  });

  it('is_closed_by_a_condition_that_it_cannot_evaluate', async () => {
    const condition = { ...withExternalId, DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } };
    const RoleArn = await makeRole(stack.awsUsers.customer, stack.aws, trusting(service.accountId, condition));
    expect(await answerOf(assumeLake({ RoleArn }))).toBe('403 AccessDenied');
  });

  it('makes_a_session_of_the_customers_account', async () => {
    const sts = stsAs(await assumeLake(), stack.aws);
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    expect(identity.Account).toBe(stack.awsUsers.customer.accountId);
    expect(identity.Arn).toMatch(/:assumed-role\/lake-.*\/test$/);
  });
});

describe('signatures', () => {
  it('refuses_a_wrong_secret', async () => {
    const forged = { ...service, secretAccessKey: 'guessed' };
    expect(await answerOf(assumeLake({}, forged))).toBe('403 SignatureDoesNotMatch');
  });

  it('refuses_a_key_that_nobody_has', async () => {
    const unknown = { ...service, accessKeyId: 'AKIALOCALNOBODY00001' };
    expect(await answerOf(assumeLake({}, unknown))).toBe('403 InvalidClientTokenId');
  });

  it('refuses_a_put_with_a_wrong_secret_or_token', async () => {
    const session = await assumeLake();
    const wrongSecret = s3As({ ...session, secretAccessKey: 'guessed' }, stack.aws);
    const wrongToken = s3As({ ...session, sessionToken: 'guessed' }, stack.aws);
    const put = () => new PutObjectCommand({ Bucket: lake.bucket, Key: `${prefix}/a`, Body: 'x' });
    expect(await answerOf(wrongSecret.send(put()))).toBe('403 SignatureDoesNotMatch');
    expect(await answerOf(wrongToken.send(put()))).toBe('400 InvalidToken');
  });
});

describe('the life of a session', () => {
  it.each([
    ['shorter_than_15_minutes', 899, '400 ValidationError'],
    ['longer_than_the_role_allows', 3601, '400 ValidationError'],
    ['of_one_hour', 3600, '200 OK'],
  ])('answers_for_one_%s', async (_, DurationSeconds, answer) => {
    expect(await answerOf(assumeLake({ DurationSeconds }))).toBe(answer);
  });

  it('is_one_hour_at_most_when_roles_are_chained', async () => {
    const { operator } = stack.awsUsers;
    const first = await assume(stack.aws, operator, {
      RoleArn: await makeRole(operator, stack.aws, trusting(operator.accountId), {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Resource: '*',
      }),
    });
    const iam = iamAs(stack.awsUsers.customer, stack.aws);
    await iam.send(new UpdateRoleCommand({ RoleName: lake.role.split('/')[1], MaxSessionDuration: 7200 }));
    const DurationSeconds = 3601;
    expect(await answerOf(assumeLake({ DurationSeconds }))).toBe('200 OK');
    expect(await answerOf(assumeLake({ DurationSeconds }, first))).toBe('400 ValidationError');
    expect(await answerOf(assumeLake({}, first))).toBe('200 OK');
  });

  it('ends', async () => {
    const dir = `${stackDirectory()}/short-sessions`;
    try {
      const short = await startStack({ dir, portBase: 0, only: ['aws'], awsSessionSecondsMax: 2 });
      const { bucket, role, aws } = await makeLake(short);
      const session = await assume(aws, service, { RoleArn: role, ExternalId: externalId });
      const put = (Key: string) => s3As(session, aws).send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
      expect(await answerOf(put(`${prefix}/before`))).toBe('200 OK');
      await pause(2_100);
      expect(await answerOf(put(`${prefix}/after`))).toBe('400 ExpiredToken');
      expect(await answerOf(stsAs(session, aws).send(new GetCallerIdentityCommand({})))).toBe('403 ExpiredToken');
    } finally {
      await stopStack(dir);
    }
  }, 60_000);
});

describe('a put', () => {
  let s3: S3Client;
  const put = (input: Partial<PutObjectCommandInput>, as: S3Client = s3) =>
    as.send(new PutObjectCommand({ Bucket: lake.bucket, Key: `${prefix}/${randomUUID()}`, Body: 'rows', ...input }));
  const exists = (Key: string) =>
    answerOf(s3As(stack.awsUsers.customer, stack.aws).send(new HeadObjectCommand({ Bucket: lake.bucket, Key })));

  beforeAll(async () => {
    s3 = s3As(await assumeLake(), stack.aws);
  });

  it('is_stored_below_the_prefix', async () => {
    const Key = `${prefix}/region=us-east-1/accountId=123456789012/eventDay=20261123/a.parquet`;
    expect(await answerOf(put({ Key }))).toBe('200 OK');
    expect(await exists(Key)).toBe('200 OK');
  });

  it.each(['ext/other/a', 'ext/endpoint-dns2/a', 'a'])('is_refused_at_%s', async (Key) => {
    expect(await answerOf(put({ Key }))).toBe('403 AccessDenied');
    expect(await exists(Key)).toBe('404 NotFound');
  });

  it('does_not_include_reading_or_deleting', async () => {
    const Key = `${prefix}/${randomUUID()}`;
    await put({ Key });
    expect(await answerOf(s3.send(new GetObjectCommand({ Bucket: lake.bucket, Key })))).toBe('403 AccessDenied');
    expect(await answerOf(s3.send(new DeleteObjectCommand({ Bucket: lake.bucket, Key })))).toBe('403 AccessDenied');
  });

  it('is_refused_to_another_accounts_administrator', async () => {
    const outsider = s3As(stack.awsUsers.outsider, stack.aws);
    expect(await answerOf(put({}, outsider))).toBe('403 AccessDenied');
  });

  it('is_limited_by_a_session_policy', async () => {
    const Policy = statement({
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::*/${prefix}/allowed/*`,
    });
    const limited = s3As(await assumeLake({ Policy }), stack.aws);
    expect(await answerOf(put({ Key: `${prefix}/allowed/a` }, limited))).toBe('200 OK');
    expect(await answerOf(put({ Key: `${prefix}/a` }, limited))).toBe('403 AccessDenied');
  });

  it('is_stopped_by_a_deny_whatever_allows_it', async () => {
    const { customer } = stack.awsUsers;
    const role = await makeRole(customer, stack.aws, trusting(service.accountId, withExternalId), {
      Effect: 'Allow',
      Action: 's3:*',
      Resource: '*',
    });
    const deny = statement({
      Effect: 'Deny',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${lake.bucket}/${prefix}/*`,
    });
    const names = { RoleName: role.split('/')[1], PolicyName: 'deny', PolicyDocument: deny };
    await iamAs(customer, stack.aws).send(new PutRolePolicyCommand(names));
    const denied = s3As(await assumeLake({ RoleArn: role }), stack.aws);
    expect(await answerOf(put({}, denied))).toBe('403 AccessDenied');
    expect(await answerOf(put({ Key: 'elsewhere' }, denied))).toBe('200 OK');
  });

  it('learns_that_a_bucket_is_missing_only_with_a_right_to_it', async () => {
    const missing = { Bucket: `none-${randomUUID()}` };
    expect(await answerOf(put(missing))).toBe('403 AccessDenied');
    expect(await answerOf(put(missing, s3As(stack.awsUsers.customer, stack.aws)))).toBe('404 NoSuchBucket');
  });

  describe('with a digest', () => {
    const wrong: [string, Partial<PutObjectCommandInput>][] = [
      ['Content-MD5', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
      ['CRC32', { ChecksumCRC32: 'AAAAAA==' }],
      ['CRC32C', { ChecksumCRC32C: 'AAAAAA==' }],
      ['CRC64NVME', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }],
      ['SHA-256', { ChecksumSHA256: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
    ];

    it.each(wrong)('that_is_wrong_(%s)_stores_nothing', async (_, digest) => {
      const Key = `${prefix}/${randomUUID()}`;
      expect(await answerOf(put({ Key, ...digest }))).toBe('400 BadDigest');
      expect(await exists(Key)).toBe('404 NotFound');
    });

    it.each(wrong)('that_is_wrong_(%s)_is_told_only_to_whom_may_write', async (_, digest) => {
      expect(await answerOf(put({ Key: 'ext/other/a', ...digest }))).toBe('403 AccessDenied');
    });

    it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
      'that_the_sdk_made_(%s)_is_right',
      async (algorithm) => {
        expect(await answerOf(put({ ChecksumAlgorithm: algorithm }))).toBe('200 OK');
      },
    );
  });

  // The probe of a registration takes "wrong digest" as "may write", so every other reason has to be said before it.
  describe('with a wrong digest', () => {
    const wrong = { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' };
    const keyARN = 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d';
    const newBucket = async (as: AwsUser, region?: BucketLocationConstraint) => {
      const Bucket = `order-${randomUUID()}`;
      const owner = keep(
        new S3Client({ ...config(stack.aws, as), region: region ?? 'us-east-1', forcePathStyle: true }),
      );
      const place = region === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: region } };
      await owner.send(new CreateBucketCommand({ Bucket, ...place }));
      return { Bucket, owner };
    };
    const putAsAdmin = async (Bucket: string, key: Keys = stack.awsUsers.customer) =>
      answerOf(put({ Bucket, ...wrong }, s3As(key, stack.aws)));

    it('is_told_first_that_the_bucket_is_another_accounts', async () => {
      const { Bucket } = await newBucket(stack.awsUsers.outsider);
      expect(await putAsAdmin(Bucket)).toBe('403 AccessDenied');
      expect(await putAsAdmin(Bucket, stack.awsUsers.outsider)).toBe('400 BadDigest');
    });

    it('is_told_first_that_the_bucket_is_missing', async () => {
      expect(await putAsAdmin(`none-${randomUUID()}`)).toBe('404 NoSuchBucket');
    });

    it('is_told_first_that_the_bucket_is_in_another_region', async () => {
      const { Bucket } = await newBucket(stack.awsUsers.customer, 'eu-central-1');
      expect(await putAsAdmin(Bucket)).toBe('301 PermanentRedirect');
    });

    it.each([
      ['everyone', { AWS: '*' }, {}, '403 AccessDenied'],
      ['everyone_in_the_short_form', '*', {}, '403 AccessDenied'],
      ['this_account', { AWS: '111122223333' }, {}, '403 AccessDenied'],
      ['another_account', { AWS: '444455556666' }, {}, '400 BadDigest'],
      ['who_comes_without_tls', '*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }, '403 AccessDenied'],
      ['who_comes_with_tls', '*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }, '400 BadDigest'],
    ])('reads_the_policy_of_a_bucket_that_denies_%s', async (_, Principal, condition, answer) => {
      const { Bucket, owner } = await newBucket(stack.awsUsers.customer);
      const Resource = `arn:aws:s3:::${Bucket}/*`;
      const Policy = statement({ Effect: 'Deny', Principal, Action: 's3:PutObject', Resource, ...condition });
      await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      expect(await putAsAdmin(Bucket)).toBe(answer);
    });

    it.each([
      ['without_a_right_to_the_key', [], '403 AccessDenied'],
      ['with_a_right_to_the_key', [{ Effect: 'Allow', Action: 'kms:*', Resource: keyARN }], '400 BadDigest'],
    ])('asks_for_the_key_of_the_bucket_%s', async (_, more, answer) => {
      const { Bucket, owner } = await newBucket(stack.awsUsers.customer);
      const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyARN } as const;
      const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
      await owner.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
      const RoleArn = await makeRole(stack.awsUsers.customer, stack.aws, trusting(service.accountId, withExternalId));
      const names = { RoleName: RoleArn.split('/')[1], PolicyName: 'own' };
      const s3Put = { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' };
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [s3Put, ...more] });
      await iamAs(stack.awsUsers.customer, stack.aws).send(new PutRolePolicyCommand({ ...names, PolicyDocument }));
      expect(await putAsAdmin(Bucket, await assumeLake({ RoleArn }))).toBe(answer);
    });
  });

  describe('with a condition', () => {
    it('creates_once_and_then_answers_412', async () => {
      const Key = `${prefix}/${randomUUID()}`;
      expect(await answerOf(put({ Key, IfNoneMatch: '*' }))).toBe('200 OK');
      expect(await answerOf(put({ Key, IfNoneMatch: '*', Body: 'other' }))).toBe('412 PreconditionFailed');
    });

    it('has_exactly_one_winner_among_sixteen_at_once', async () => {
      for (let race = 0; race < 10; race++) {
        const Key = `${prefix}/${randomUUID()}`;
        const racers = Array.from({ length: 16 }, (_, index) =>
          put({ Key, IfNoneMatch: '*', Body: `${index}`.repeat(50_000) }),
        );
        const answers = (await Promise.all(racers.map(answerOf))).sort();
        expect(answers).toEqual(['200 OK', ...Array(15).fill('412 PreconditionFailed')]);
      }
    }, 30_000);

    it('of_a_version_that_is_not_there_stores_nothing', async () => {
      const Key = `${prefix}/${randomUUID()}`;
      expect(await answerOf(put({ Key, IfMatch: '"0"' }))).toBe('404 NoSuchKey');
      expect(await answerOf(put({ Key: 'ext/other/a', IfMatch: '"0"' }))).toBe('403 AccessDenied');
      expect(await exists(Key)).toBe('404 NotFound');
    });
  });
});

describe('our own account', () => {
  it('lets_its_operator_give_the_service_rights_on_a_bucket_for_parked_objects', async () => {
    const { operator } = stack.awsUsers;
    const Bucket = `parked-${randomUUID()}`;
    await s3As(operator, stack.aws).send(new CreateBucketCommand({ Bucket }));
    const asService = () => s3As(service, stack.aws).send(new PutObjectCommand({ Bucket, Key: 'parked/a', Body: 'x' }));
    expect(await answerOf(asService())).toBe('403 AccessDenied');
    const PolicyDocument = statement({ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` });
    const names = { UserName: 'tributary', PolicyName: Bucket, PolicyDocument };
    await iamAs(operator, stack.aws).send(new PutUserPolicyCommand(names));
    expect(await answerOf(asService())).toBe('200 OK');
  });
});
