import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { ApiKeyRecord } from '@tributary/schemas/redis/keys.ts';
import type { Destination, RegistrationRecord } from '@tributary/schemas/registration.ts';
import { register } from './changes.ts';
import type { JournalChange } from './journal.ts';

/** Samples for tests: a destination in the lake of AWS account 111122223333. */
export function sampleDestination(prefix = 'ext/tributary', changes: Partial<Destination> = {}): Destination {
  const source = prefix.split('/')[1] ?? prefix;
  return {
    providerAccountID: '111122223333',
    bucketName: 'aws-security-data-lake-us-east-1-abcdefgh',
    prefix,
    roleARN: `arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-${source}-us-east-1`,
    ...changes,
  };
}

/** The first generation of a registration, with a destination of its own. */
export function sampleRegistration(
  account: string,
  eventClass: EventClass = 'file-activity',
  destination = sampleDestination(`ext/${account}-${eventClass}`),
): RegistrationRecord {
  return register(undefined, { account, eventClass, destination, ocsfVersion: '1.1.0' }, new Date(0));
}

/** `count` registrations of different accounts. */
export function sampleRegistrations(count: number): RegistrationRecord[] {
  return Array.from({ length: count }, (_, index) =>
    sampleRegistration(String(100_000_000_000 + index), eventClassNames[index % eventClassNames.length]),
  );
}

export const ofRegistration = (record: RegistrationRecord): JournalChange => ({ kind: 'registration', record });
export const ofApiKey = (record: ApiKeyRecord): JournalChange => ({ kind: 'api-key', record });

export const sampleApiKey: ApiKeyRecord = {
  id: 'key1',
  account: '123456789012',
  hash: 'ab'.repeat(32),
  createdAt: '2026-01-01T00:00:00.000Z',
};
