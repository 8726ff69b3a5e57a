import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsUser, AwsUsers } from './endpoints.ts';
import type { Part, Place } from './part.ts';
import { ensurePython } from './tools.ts';

const toolName = 'moto-5.2.5';
const here = join(import.meta.dirname, 'aws');
const region = 'us-east-1';
/** As the policy of the service in `aws/users.json` names it. */
const parkingBucket = 'tributary-parking';
const url = (place: Place) => `http://127.0.0.1:${place.port('aws')}`;

interface SeededUser extends Omit<AwsUser, 'arn'> {
  readonly user: string;
}

function awsUsers(): AwsUsers {
  const seeded = JSON.parse(readFileSync(join(here, 'users.json'), 'utf8')) as Record<keyof AwsUsers, SeededUser>;
  const user = ({ accountId, user: name, accessKeyId, secretAccessKey }: SeededUser): AwsUser => ({
    accountId,
    arn: `arn:aws:iam::${accountId}:user/${name}`,
    accessKeyId,
    secretAccessKey,
  });
  return {
    customer: user(seeded.customer),
    service: user(seeded.service),
    operator: user(seeded.operator),
    outsider: user(seeded.outsider),
  };
}

/** S3, STS and IAM: moto's server behind `aws/launcher.py`, which puts AWS's rules back. It keeps nothing when stopped. */
export const moto: Part = {
  name: 'aws',
  title: 'S3, STS and IAM (moto 5.2.5)',
  ports: ['aws'],
  async install(tools, report) {
    await ensurePython(tools, toolName, readFileSync(join(here, 'requirements.txt'), 'utf8'), report);
  },
  async prepare(place) {
    return {
      file: join(place.tools, toolName, 'bin/python'),
      args: [join(here, 'launcher.py'), '-H', '127.0.0.1', '-p', String(place.port('aws'))],
      env: {
        PYTHONDONTWRITEBYTECODE: '1',
        // Objects over 64 KiB go to temporary files instead of memory.
        MOTO_S3_DEFAULT_KEY_BUFFER_SIZE: '65536',
        // There is no bucket policy that could let another account in.
        MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS: 'false',
        ...(place.awsSessionSecondsMax === undefined
          ? {}
          : { TRIBUTARY_AWS_SESSION_SECONDS_MAX: String(place.awsSessionSecondsMax) }),
      },
    };
  },
  async check(place) {
    const { service } = awsUsers();
    const client = new STSClient({ endpoint: url(place), region, credentials: service, maxAttempts: 1 });
    try {
      const identity = await client.send(new GetCallerIdentityCommand({}));
      if (identity.Account !== service.accountId) throw new Error('the seeded users are missing');
    } finally {
      client.destroy();
    }
  },
  async settle(place) {
    const { operator } = awsUsers();
    const s3 = new S3Client({ endpoint: url(place), region, credentials: operator, forcePathStyle: true });
    try {
      await s3.send(new CreateBucketCommand({ Bucket: parkingBucket })).catch((error: unknown) => {
        if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
      });
    } finally {
      s3.destroy();
    }
  },
  endpoints: (place) => ({ aws: url(place), awsRegion: region, awsUsers: awsUsers(), parkingBucket }),
};
