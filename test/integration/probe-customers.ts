import { randomUUID } from 'node:crypto';
import {
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Probe } from '@tributary/lake';
import type { ProbeSetting } from '@tributary/lake/probe.contract.ts';
import type { AwsUser, Endpoints } from '@tributary/local/endpoints.ts';

const otherRegion = 'eu-central-1';
const keyARN = 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001';
let customers = 0;

const documentOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

/** Customers whose roles and buckets in the stack's AWS are as a probe must find them. */
export function openCustomers({ aws, awsUsers }: Endpoints) {
  const opened: { destroy(): void }[] = [];
  const client = <Client extends { destroy(): void }>(made: Client): Client => {
    opened.push(made);
    return made;
  };
  const settings = ({ accessKeyId, secretAccessKey }: AwsUser, region = 'us-east-1') => ({
    endpoint: aws,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  const s3Of = (user: AwsUser, region?: string) =>
    client(new S3Client({ ...settings(user, region), forcePathStyle: true }));
  const iam = client(new IAMClient(settings(awsUsers.customer)));
  const ownerOf = new Map<string, S3Client>();

  async function makeRole({ trust }: ProbeSetting, { roleARN, externalId }: Probe) {
    if (trust === 'no-role' || trust === 'role-of-another-account') return;
    const RoleName = roleARN.split('/')[1]!;
    const trusted = trust === 'another-account' ? awsUsers.outsider : awsUsers.service;
    const document = documentOf({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: `arn:aws:iam::${trusted.accountId}:root` },
      ...conditionOf(trust, externalId),
    });
    await iam
      .send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document }))
      .catch(unless('EntityAlreadyExists'));
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: document }));
  }

  async function grant(setting: ProbeSetting, { roleARN, bucket, prefix }: Probe) {
    if (setting.trust === 'no-role' || setting.trust === 'role-of-another-account') return;
    const names = { RoleName: roleARN.split('/')[1]!, PolicyName: 'own' };
    const under = (place: string) => `arn:aws:s3:::${bucket}/${place}/*`;
    const put = { Effect: 'Allow', Action: 's3:PutObject', Resource: under(prefix) };
    const statements = {
      nothing: [],
      'other-prefix': [{ ...put, Resource: under('ext/other') }],
      'longer-prefix': [{ ...put, Resource: under(`${prefix}/more`) }],
      'other-action': [{ ...put, Action: ['s3:GetObject', 's3:ListBucket'] }],
      'denied-beside': [put, { ...put, Effect: 'Deny', Resource: `arn:aws:s3:::${bucket}/*` }],
      all: [put],
    }[setting.grant ?? 'all'];
    const key = { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: keyARN };
    const all = setting.bucket === 'with-granted-key' ? [...statements, key] : statements;
    if (all.length === 0) await iam.send(new DeleteRolePolicyCommand(names)).catch(unless('NoSuchEntity'));
    else await iam.send(new PutRolePolicyCommand({ ...names, PolicyDocument: documentOf(...all) }));
  }

  async function makeBucket(setting: ProbeSetting, { bucket: Bucket, prefix }: Probe) {
    if (setting.bucket === 'missing') return;
    const elsewhere = setting.bucket === 'elsewhere';
    const owner = setting.bucket === 'of-another-account' ? awsUsers.outsider : awsUsers.customer;
    const s3 = ownerOf.get(Bucket) ?? s3Of(owner, elsewhere ? otherRegion : undefined);
    ownerOf.set(Bucket, s3);
    const LocationConstraint = otherRegion as BucketLocationConstraint;
    const place = elsewhere ? { CreateBucketConfiguration: { LocationConstraint } } : {};
    await s3.send(new CreateBucketCommand({ Bucket, ...place })).catch(unless('BucketAlreadyOwnedByYou'));
    if (setting.bucket === 'denied-by-policy') {
      const Resource = `arn:aws:s3:::${Bucket}/${prefix}/*`;
      const Policy = documentOf({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:PutObject', Resource });
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    }
    if (setting.bucket?.startsWith('with-')) {
      const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyARN } as const;
      const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
      await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    }
  }

  return {
    async arrange(setting: ProbeSetting, onto?: Probe): Promise<Probe> {
      const probe = onto ?? newProbe(setting, awsUsers);
      await makeBucket(setting, probe);
      await makeRole(setting, probe);
      await grant(setting, probe);
      return probe;
    },
    async stored(Bucket: string): Promise<readonly string[]> {
      const owner = ownerOf.get(Bucket);
      if (owner === undefined) return [];
      const { Contents = [] } = await owner.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key }) => Key ?? '');
    },
    close() {
      for (const one of opened) one.destroy();
    },
  };
}

function newProbe({ trust, otherExternalIds }: ProbeSetting, { customer, outsider }: Endpoints['awsUsers']): Probe {
  const number = customers++;
  const { accountId } = trust === 'role-of-another-account' ? outsider : customer;
  const role = `AmazonSecurityLake-Provider-probe-${randomUUID().slice(0, 8)}-us-east-1`;
  return {
    roleARN: `arn:aws:iam::${accountId}:role/${role}`,
    externalId: String(660_000_000_000 + number),
    bucket: `aws-security-data-lake-us-east-1-${randomUUID().slice(0, 13)}`,
    prefix: 'ext/probe/1.0',
    region: 'us-east-1',
    ...(otherExternalIds === undefined ? {} : { otherExternalIds }),
  };
}

function conditionOf(trust: ProbeSetting['trust'], own: string): object {
  if (trust === 'without-condition') return {};
  if (trust === 'id-if-there-is-one') return { Condition: { StringEqualsIfExists: { 'sts:ExternalId': own } } };
  if (typeof trust !== 'object') return { Condition: { StringEquals: { 'sts:ExternalId': own } } };
  return 'equals' in trust
    ? { Condition: { StringEquals: { 'sts:ExternalId': trust.equals(own) } } }
    : { Condition: { StringLike: { 'sts:ExternalId': trust.like(own) } } };
}

/** Goes on where the error only says that it was done before. */
const unless = (name: string) => (error: unknown) => {
  if (!(error as Error).name.startsWith(name)) throw error;
};
