import { describe, expect, it } from '@jest/globals';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { whereabouts } from './destination.ts';

const to = (bucketName: string) => ({
  providerAccountID: '111122223333',
  bucketName,
  prefix: 'ext/a',
  roleARN: 'arn:aws:iam::111122223333:role/a',
});
const record: RegistrationRecord = {
  registration: '123456789012/file-activity',
  account: '123456789012',
  eventClass: 'file-activity',
  state: 'active',
  generation: 5,
  destination: to('five'),
  ocsfVersion: '1.1.0',
  earlier: [
    { generation: 3, state: 'superseded', destination: to('three') },
    { generation: 4, state: 'ended', destination: to('four') },
  ],
  createdAt: '2026-01-01T00:00:00Z',
  changedAt: '2026-01-01T00:00:00Z',
};

describe('where the rows of a generation go', () => {
  it('sends the present one to its destination', () => {
    expect(whereabouts(record, 5)).toEqual({ deliver: to('five') });
  });
  it('sends a superseded one to its own destination, not to the new one', () => {
    expect(whereabouts(record, 3)).toEqual({ deliver: to('three') });
  });
  it('drops those of an ended one', () => {
    expect(whereabouts(record, 4)).toBe('ended');
    expect(whereabouts({ ...record, state: 'ended' }, 5)).toBe('ended');
  });
  // A customer ended and started a registration 501 times. Its record forgets the oldest ended generations; rows of one
  // waited for ever, and with them everybody's on that partition.
  it('drops those of a generation that ended so long ago that the record forgot it', () => {
    expect(whereabouts(record, 2)).toBe('ended');
  });
  it('holds those of a superseded generation whose destination was forgotten, and never drops them', () => {
    expect(whereabouts({ ...record, forgotten: 2 }, 2)).toBe('unknown');
    expect(whereabouts({ ...record, forgotten: 1 }, 2)).toBe('ended');
    expect(whereabouts({ ...record, forgotten: 4 }, 3)).toEqual({ deliver: to('three') });
  });
  it('holds what it does not know: unknown is not empty', () => {
    expect(whereabouts(undefined, 1)).toBe('unknown');
    expect(whereabouts(record, 6)).toBe('unknown');
  });
});
