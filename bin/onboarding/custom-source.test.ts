import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { namePrefixLengthMax, registrationOf, sourceNameLengthMax, wantedSource } from './custom-source.ts';

const source = {
  sourceName: 'tributary-file',
  location: 's3://aws-security-data-lake-us-east-1-abc/ext/tributary-file/1.0/',
  roleARN: 'arn:aws:iam::111122223333:role/service-role/AmazonSecurityLake-Provider-tributary-file-us-east-1',
};

describe('a custom source', () => {
  it('has_a_name_of_at_most_20_characters_for_every_class_and_the_longest_prefix', () => {
    for (const prefix of ['tributary', 'x'.repeat(namePrefixLengthMax)]) {
      const names = eventClassNames.map((eventClass) => wantedSource(eventClass, prefix).sourceName);
      expect(new Set(names).size).toBe(6);
      for (const name of names) expect(name.length).toBeLessThanOrEqual(sourceNameLengthMax);
    }
    expect(wantedSource('registry-value-activity', 'x'.repeat(namePrefixLengthMax)).sourceName).toHaveLength(20);
  });

  it('is_registered_where_and_as_whom_security_lake_answered', () => {
    expect(registrationOf('file-activity', source)).toEqual({
      eventClass: 'file-activity',
      providerAccountID: '111122223333',
      bucketName: 'aws-security-data-lake-us-east-1-abc',
      prefix: source.location,
      roleARN: source.roleARN,
    });
  });

  it.each([{ location: '' }, { location: 's3://bucket/' }, { roleARN: 'arn:aws:iam::1:user/x' }])(
    'is_not_registered_without_a_location_and_a_role: %j',
    (changes) => {
      expect(() => registrationOf('file-activity', { ...source, ...changes })).toThrow('tributary-file');
    },
  );
});
