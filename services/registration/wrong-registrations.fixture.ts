import { bucketName, goodBody } from './rig.fixture.ts';

const without = (name: string, changes: object = {}) => {
  const body: Record<string, unknown> = { ...goodBody, ...changes };
  delete body[name];
  return body;
};
const but = (changes: object) => ({ ...goodBody, ...changes });
const role = (tail: string) => but({ roleARN: `arn:aws:iam::111122223333:${tail}` });
const older = 'role/AmazonSecurityLakeLogProviderRole';
const lake = 'aws-security-data-lake-us-east-1-';

/** A body of a POST that is refused: what is wrong with it, the problem, the member it points to, and the sentence. */
export type WrongRegistration = readonly [
  what: string,
  body: unknown,
  code: string,
  pointer: string | undefined,
  sentence: RegExp,
];

/** Every way to be wrong that can be seen without asking AWS or knowing of other registrations. All are 400. */
export const wrongRegistrations: readonly WrongRegistration[] = [
  ['an array', [], 'malformed-json', undefined, /one JSON object/],
  ['a string', 'x', 'malformed-json', undefined, /one JSON object/],
  ['nothing', undefined, 'malformed-json', undefined, /one JSON object/],
  ['no event class', without('eventClass'), 'invalid-member', 'eventClass', /eventClass is missing/],
  ['an unknown class', but({ eventClass: 'web' }), 'invalid-member', 'eventClass', /one of file-activity, /],
  ['another case', but({ eventClass: 'File-Activity' }), 'invalid-member', 'eventClass', /one of/],
  ['a null class', but({ eventClass: null }), 'invalid-member', 'eventClass', /one of/],
  ['no account', without('providerAccountID'), 'invalid-member', 'providerAccountID', /is missing/],
  ['11 digits', but({ providerAccountID: '11112222333' }), 'invalid-member', 'providerAccountID', /12 digits/],
  ['13 digits', but({ providerAccountID: '1111222233334' }), 'invalid-member', 'providerAccountID', /12 digits/],
  ['a number', but({ providerAccountID: 111122223333 }), 'invalid-member', 'providerAccountID', /string of 12/],
  ['a line end', but({ providerAccountID: '111122223333\n' }), 'invalid-member', 'providerAccountID', /12 digits/],
  ['hyphens', but({ providerAccountID: '1111-2222-3333' }), 'invalid-member', 'providerAccountID', /12 digits/],
  ['no bucket', without('bucketName'), 'invalid-member', 'bucketName', /is missing/],
  ['an empty bucket', but({ bucketName: '' }), 'invalid-member', 'bucketName', /S3 bucket/],
  ['upper case', but({ bucketName: `${lake}ABC` }), 'invalid-member', 'bucketName', /lower-case/],
  ['a bucket URL', but({ bucketName: `s3://${bucketName}` }), 'invalid-member', 'bucketName', /S3 bucket/],
  ['a path', but({ bucketName: `${bucketName}/x` }), 'invalid-member', 'bucketName', /S3 bucket/],
  ['64 characters', but({ bucketName: lake.padEnd(64, 'x') }), 'invalid-member', 'bucketName', /3 to 63/],
  ['any bucket', but({ bucketName: 'my-bucket' }), 'wrong-bucket', 'bucketName', /Security Lake bucket/],
  [
    'another region',
    but({ bucketName: 'aws-security-data-lake-eu-central-1-abc' }),
    'wrong-bucket',
    'bucketName',
    /us-east-1/,
  ],
  [
    'a longer region',
    but({ bucketName: 'aws-security-data-lake-us-east-10-abc' }),
    'wrong-bucket',
    'bucketName',
    /us-east-1/,
  ],
  ['no lake id', but({ bucketName: lake.slice(0, -1) }), 'wrong-bucket', 'bucketName', /Security Lake bucket/],
  ['a dotted bucket', but({ bucketName: `${lake}a.b` }), 'wrong-bucket', 'bucketName', /Security Lake bucket/],
  ['no role', without('roleARN'), 'invalid-member', 'roleARN', /^roleARN is missing\.$/],
  ['a null role', but({ roleARN: null }), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['a user', role('user/me'), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['no name', role('role/'), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['a bare name', but({ roleARN: 'MyRole' }), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['an empty path part', role('role//name'), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['a long name', role(`role/${'x'.repeat(65)}`), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  ['another partition', but({ roleARN: 'arn:aws-cn:iam::111122223333:role/x' }), 'invalid-member', 'roleARN', /ARN/],
  ['another service', but({ roleARN: 'arn:aws:sts::111122223333:role/x' }), 'invalid-member', 'roleARN', /ARN/],
  ['a space', role('role/a b'), 'invalid-member', 'roleARN', /ARN of an IAM role/],
  [
    'another account',
    but({ roleARN: 'arn:aws:iam::999988887777:role/x' }),
    'wrong-account',
    'roleARN',
    /not a role of/,
  ],
  [
    'another account, other spelling',
    without('roleARN', { roleArn: 'arn:aws:iam::999988887777:role/x' }),
    'wrong-account',
    'roleArn',
    /^roleArn is not/,
  ],
  ['two roles', but({ roleArn: 'arn:aws:iam::111122223333:role/x' }), 'invalid-member', 'roleArn', /differ/],
  ['a role of another source', role('role/AmazonSecurityLake-Provider-x-us-east-1'), 'wrong-role', 'roleARN', /source/],
  ['a role of an older source', role(`${older}-111122223333-x`), 'wrong-role', 'roleARN', /another custom source/],
  ['an older role elsewhere', role(`${older}-999988887777-x`), 'wrong-role', 'roleARN', /another AWS account/],
  [
    'a role of another region',
    role('role/AmazonSecurityLake-Provider-tributary-file-eu-central-1'),
    'wrong-role',
    'roleARN',
    /eu-central-1/,
  ],
  [
    'a role of another region under a path and no prefix',
    without('prefix', { roleARN: 'arn:aws:iam::111122223333:role/a/b/AmazonSecurityLake-Provider-x-us-gov-west-1' }),
    'wrong-role',
    'roleARN',
    /us-gov-west-1/,
  ],
  ['an unknown member', but({ region: 'us-east-1' }), 'invalid-member', 'region', /region is not known/],
  ['a misspelt member', but({ bucketname: 'x' }), 'invalid-member', 'bucketname', /is not known/],
  ['an odd member', but({ 'a/b~c': 1 }), 'invalid-member', '#', /odd name is not known/],
  ['an empty prefix', but({ prefix: '' }), 'invalid-member', 'prefix', /1 to 1024/],
  ['a null prefix', but({ prefix: null }), 'invalid-member', 'prefix', /text/],
  ['a huge prefix', but({ prefix: 'x'.repeat(1025) }), 'invalid-member', 'prefix', /1 to 1024/],
  ['a way up', but({ prefix: 'ext/../x' }), 'wrong-prefix', 'prefix', /custom source/],
  ['another root', but({ prefix: 'aws/CLOUD_TRAIL' }), 'wrong-prefix', 'prefix', /ext\/<name>/],
  ['another bucket', but({ prefix: 's3://other/ext/x/' }), 'wrong-prefix', 'prefix', /names another bucket/],
  [
    'no prefix to be had',
    without('prefix', { roleARN: 'arn:aws:iam::111122223333:role/x' }),
    'wrong-prefix',
    'prefix',
    /is missing/,
  ],
];
