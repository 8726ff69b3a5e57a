import { eventClassNames } from '../event-classes.ts';

/** The event class, as a member of a body or of a path. */
export const eventClass = {
  type: 'string',
  enum: eventClassNames,
  description: 'The event class that is delivered.',
  'x-must': `be one of ${eventClassNames.join(', ')}`,
} as const;

// AWS API model securitylake 2018-05-10 and IAM: an account is 12 digits; a role's name has up to 64 characters of
// [\w+=,.@-], its path up to 512 and no empty part.
const roleARN = {
  type: 'string',
  maxLength: 2048,
  pattern: '^arn:aws:iam::[0-9]{12}:role/(?:[A-Za-z0-9_+=,.@-]{1,510}/){0,20}[A-Za-z0-9_+=,.@-]{1,64}$',
  description:
    'The role that CreateCustomLogSource answered. It must trust our AWS account with your account id as external id.',
  examples: ['arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-file-us-east-1'],
  'x-must': 'be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-…',
} as const;

/** Where one class is delivered and as whom, member by member, as it is sent. */
export const destinationMembers = {
  providerAccountID: {
    type: 'string',
    pattern: '^[0-9]{12}$',
    description: 'The AWS account of the lake.',
    examples: ['111122223333'],
    'x-must': 'be a string of 12 digits',
  },
  bucketName: {
    type: 'string',
    // Amazon S3, bucket naming rules.
    pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    description: 'The bucket of the lake in the AWS region of this endpoint: aws-security-data-lake-<region>-….',
    examples: ['aws-security-data-lake-us-east-1-abcdefgh'],
    'x-must': 'be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
  },
  prefix: {
    type: 'string',
    minLength: 1,
    maxLength: 1024,
    description:
      'Where the custom source keeps its objects: its name, ext/<name>/[<version>/] or the whole s3:// location. ' +
      'When missing, it follows from the name of the role.',
    examples: ['ext/tributary-file/1.0/'],
    'x-must': 'be a text of 1 to 1024 characters',
  },
  roleARN,
} as const;

/** The spelling of the published example. */
export const roleArn = { ...roleARN, description: 'Another spelling of roleARN.', deprecated: true } as const;

/** A moment. */
export const moment = { type: 'string', format: 'date-time', description: 'RFC 3339, UTC.' } as const;
