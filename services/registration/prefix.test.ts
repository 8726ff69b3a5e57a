import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { prefixOfRole, readPrefix } from './prefix.ts';
import { readRole } from './role.ts';

const bucket = 'aws-security-data-lake-us-east-1-abcdefgh';

describe('the prefix of a custom source', () => {
  it.each([
    ['tributary', 'ext/tributary'],
    ['tributary/', 'ext/tributary'],
    ['a.b:c_d-9', 'ext/a.b:c_d-9'],
    ['ext/tributary', 'ext/tributary'],
    ['ext/tributary/', 'ext/tributary'],
    ['ext/tributary/1.0', 'ext/tributary/1.0'],
    ['ext/tributary/1.0/', 'ext/tributary/1.0'],
    ['ext/my.ext/', 'ext/my.ext'],
    [`s3://${bucket}/ext/tributary`, 'ext/tributary'],
    [`s3://${bucket}/ext/tributary/1.0/`, 'ext/tributary/1.0'],
    [`s3a://${bucket}/ext/tributary/`, 'ext/tributary'],
  ])('reads_%s_as_%s', (given, prefix) => {
    expect(readPrefix(given, bucket)).toEqual({ prefix });
  });

  it.each([
    '/',
    '//',
    '/tributary',
    '/ext/tributary',
    'ext',
    'ext/',
    'ext//',
    'ext//1.0',
    'ext/tributary//',
    'ext/..',
    'ext/../other',
    'ext/tributary/..',
    'ext/./x',
    '..',
    '.',
    'ext/tributary/1.0/2',
    'ext/tributary/region=us-east-1',
    'other/tributary',
    'tributary/1.0',
    'ext/trib utary',
    'ext/trib%2Futary',
    'ext/trib\\utary',
    'ext/tributary\n',
    'ext/tributary?x',
    `ext/${'x'.repeat(65)}`,
    `ext/tributary/${'1'.repeat(33)}`,
    's3://other-bucket/ext/tributary/',
    `s3://${bucket}`,
    `s3://${bucket}/`,
    `s3://${bucket}/tributary`,
    `https://${bucket}/ext/tributary`,
    `s3://${bucket}//ext/tributary`,
  ])('refuses_%j', (given) => {
    expect(readPrefix(given, bucket)).toEqual({ refusal: expect.stringMatching(/^prefix /) });
  });

  it('never_leads_out_of_ext_whatever_is_sent', () => {
    const part = fc.constantFrom('ext', '..', '.', '', '/', 's3:', bucket, 'name', '1.0', '%2e', '\\', ' ', '=');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('/')),
        ),
        (given) => {
          const reading = readPrefix(given, bucket);
          if (!('prefix' in reading)) return;
          expect(reading.prefix).toMatch(/^ext\/[\w:.-]{1,64}(\/[\w.-]{1,32})?$/);
          expect(reading.prefix.split('/')).not.toContain('..');
          expect(readPrefix(reading.prefix, bucket)).toEqual(reading);
        },
      ),
    );
  });

  it.each([
    ['role/AmazonSecurityLake-Provider-tributary-us-east-1', 'ext/tributary'],
    ['role/service-role/AmazonSecurityLake-Provider-my-source-us-east-1', 'ext/my-source'],
    ['role/AmazonSecurityLakeLogProviderRole-111122223333-tributary', 'ext/tributary'],
    ['role/AmazonSecurityLake-Provider-tributary-ap-southeast-2', 'ext/tributary'],
    ['role/AmazonSecurityLake-Provider--us-east-1', undefined],
    ['role/Provider-us-east-1', undefined],
    ['role/AmazonSecurityLakeLogProviderRole-1111-tributary', undefined],
    ['role/x/AmazonSecurityLake-Provider-a+b-us-east-1', undefined],
  ])('follows_from_%s_as_%s', (role, prefix) => {
    const reading = prefixOfRole(readRole(`arn:aws:iam::111122223333:${role}`));
    expect(reading).toEqual(prefix === undefined ? { refusal: expect.any(String) } : { prefix });
  });
});
