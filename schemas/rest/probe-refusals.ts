import type { ProblemCode } from './problems.ts';

interface ProbeRefusalContract {
  /** The type of the problem that the customer is answered with. */
  readonly problem: ProblemCode;
  /** The member of the registration that the customer should look at first. */
  readonly member: 'roleARN' | 'bucketName' | 'prefix';
  /** What the customer reads: what was tried, and the way out. */
  readonly sentence: string;
}

/**
 * Why a destination isn't accepted: the closed list of what the probe of a registration finds out. None of these is an
 * outage, which is a fault of `schemas/faults.ts` and says nothing about the destination.
 */
export const probeRefusals = {
  'role-not-assumable': {
    problem: 'role-not-assumable',
    member: 'roleARN',
    sentence:
      'AWS refused us the role. Check that it exists, that its trust policy names our AWS account, and that the external id there is your account id with us.',
  },
  'role-trusts-without-external-id': {
    problem: 'role-trusts-without-external-id',
    member: 'roleARN',
    sentence:
      'Your role trusts us without the external id, so another customer could have us write into your lake. Add the condition StringEquals on sts:ExternalId with your account id with us to its trust policy.',
  },
  'role-trusts-other-external-ids': {
    problem: 'role-trusts-other-external-ids',
    member: 'roleARN',
    sentence:
      'Your role trusts us under an external id that is not yours, so another customer could have us write into your lake. Let its trust policy name your account id with us alone, with StringEquals and without wildcards.',
  },
  'sts-disabled-in-region': {
    problem: 'role-not-assumable',
    member: 'roleARN',
    sentence:
      'STS is switched off for your AWS account in the region of your lake. Switch it on under "Account settings" of the IAM console.',
  },
  'put-refused': {
    problem: 'put-refused',
    member: 'prefix',
    sentence:
      'The role may not put objects under the prefix. Check its policy, its permissions boundary and the policy of the bucket, and that bucket and prefix are those of the same custom source.',
  },
  'bucket-missing': {
    problem: 'bucket-missing',
    member: 'bucketName',
    sentence: 'The bucket does not exist. Register the bucket that Security Lake made in this region.',
  },
  'bucket-elsewhere': {
    problem: 'bucket-elsewhere',
    member: 'bucketName',
    sentence:
      'The bucket lies in another AWS region. Register the bucket of your lake in the region that belongs to your home region with us.',
  },
  'key-refused': {
    problem: 'put-refused',
    member: 'roleARN',
    sentence:
      'The bucket encrypts with a KMS key that the role may not use. Allow the role kms:GenerateDataKey and kms:Decrypt in its policy and in the policy of the key.',
  },
  'key-unusable': {
    problem: 'put-refused',
    member: 'bucketName',
    sentence:
      'The KMS key of the bucket is disabled, missing or about to be deleted. Enable it, or give the bucket another.',
  },
  'probe-written': {
    problem: 'internal-error',
    member: 'prefix',
    sentence:
      'Our probe must not write anything, but S3 stored it. Delete the object that is named here, and tell our support.',
  },
} as const satisfies Record<string, ProbeRefusalContract>;

/** The code of one finding of a probe. */
export type ProbeRefusal = keyof typeof probeRefusals;
