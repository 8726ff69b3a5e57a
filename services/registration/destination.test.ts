import { describe, expect, it } from '@jest/globals';
import { bodyCheck } from './ajv.ts';
import { type RegistrationBody, readDestination } from './destination.ts';
import { Problem } from './problem.ts';
import { goodBody, goodDestination } from './rig.fixture.ts';

const check = bodyCheck('RegistrationRequest');
const rules = { region: 'us-east-1', allowAnyBucket: false } as const;
const without = (name: string, changes: object = {}) => {
  const body: Record<string, unknown> = { ...goodBody, ...changes };
  delete body[name];
  return body;
};
const but = (changes: object) => ({ ...goodBody, ...changes });
const role = (tail: string) => but({ roleARN: `arn:aws:iam::111122223333:${tail}` });

const read = (body: unknown, other: Partial<{ allowAnyBucket: boolean }> = {}) => {
  check(body);
  return readDestination(body as RegistrationBody, { ...rules, ...other });
};

function refusal(body: unknown): Problem {
  try {
    read(body);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a destination', () => {
  it('names_every_wrong_member_at_once', () => {
    const { body } = refusal({ eventClass: 'web', extra: 1 });
    const members = body.errors?.map(({ pointer }) => pointer).sort();
    expect(members).toEqual(['#/bucketName', '#/eventClass', '#/extra', '#/providerAccountID', '#/roleARN']);
  });

  it('accepts_what_it_should', () => {
    expect(read(goodBody)).toEqual(goodDestination);
    const olderRole = 'arn:aws:iam::111122223333:role/AmazonSecurityLakeLogProviderRole-111122223333-x';
    expect(read(without('prefix', { roleARN: olderRole }))).toMatchObject({ prefix: 'ext/x', roleARN: olderRole });
    expect(read(role('role/of-our-own'))).toMatchObject({ prefix: 'ext/tributary-file/1.0' });
    const underPath = 'arn:aws:iam::111122223333:role/service-role/AmazonSecurityLake-Provider-x-us-east-1';
    expect(read(without('prefix', { roleARN: underPath }))).toMatchObject({ prefix: 'ext/x', roleARN: underPath });
    expect(read(but({ roleArn: goodBody.roleARN }))).toEqual(goodDestination);
  });

  it('accepts_any_bucket_when_the_operator_allows_it_and_still_no_trick_in_the_prefix', () => {
    expect(read(but({ bucketName: 'my.bucket' }), { allowAnyBucket: true })).toMatchObject({ bucketName: 'my.bucket' });
    expect(() => read(but({ bucketName: 'my.bucket', prefix: '../x' }), { allowAnyBucket: true })).toThrow(Problem);
  });
});
