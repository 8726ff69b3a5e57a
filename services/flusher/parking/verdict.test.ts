import { describe, expect, it } from '@jest/globals';
import { movedAfterMs, type ParkedFacts, parkedForMs } from '@tributary/schemas/lake/parked-object.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type ParkedCase, verdictOf } from './verdict.ts';

const to = (bucketName: string, roleARN = `role-of-${bucketName}`) => ({
  providerAccountID: '111122223333',
  bucketName,
  prefix: 'ext/a',
  roleARN,
});
const record: RegistrationRecord = {
  registration: '123456789012/file-activity',
  account: '123456789012',
  eventClass: 'file-activity',
  state: 'active',
  generation: 2,
  destination: to('new'),
  ocsfVersion: '1.1.0',
  earlier: [{ generation: 1, state: 'superseded', destination: to('old') }],
  createdAt: '2026-01-01T00:00:00Z',
  changedAt: '2026-01-01T00:00:00Z',
};
const facts = { registration: record.registration, generation: 1, destination: to('old'), parkedAt: 0 } as ParkedFacts;
const judge = (changes: Partial<ParkedCase> = {}) =>
  verdictOf({ facts, note: undefined, order: undefined, certain: true, record, now: movedAfterMs - 1, ...changes });

describe('where a parked object goes', () => {
  it('is the location of its own generation while a newer one may not have it', () => {
    const own = { what: 'deliver', destination: to('old'), moved: false };
    expect(judge()).toEqual(own);
    expect(judge({ now: movedAfterMs, certain: false })).toEqual(own);
    expect(judge({ now: movedAfterMs, certain: false, order: 'retry' })).toEqual(own);
  });

  it('is the newest location when every try was refused for certain and an hour has passed', () => {
    expect(judge({ now: movedAfterMs })).toEqual({ what: 'deliver', destination: to('new'), moved: true });
  });

  it('is the newest location when an operator says so, whatever is known of the tries', () => {
    const moved = { what: 'deliver', destination: to('new'), moved: true };
    expect(judge({ certain: false, order: 'to-current' })).toEqual(moved);
  });

  it('stays the one where it may lie since a try there', () => {
    const newer = { ...record, generation: 3, destination: to('newest') };
    const note = { movedTo: to('new') };
    expect(judge({ record: newer, note, certain: false, now: 2 * movedAfterMs })).toEqual({
      what: 'deliver',
      destination: to('new'),
      moved: true,
    });
  });

  it('is written to as the newest role of that location: a changed role alone is the same lake', () => {
    const changed = { ...record, destination: to('old', 'another-role') };
    expect(judge({ record: changed, certain: false })).toMatchObject({ destination: { roleARN: 'another-role' } });
    const earlier = { generation: 2, state: 'superseded' as const, destination: to('old', 'the-second-role') };
    const moved = { ...record, generation: 3, earlier: [...record.earlier, earlier] };
    expect(judge({ record: moved, certain: false })).toMatchObject({ destination: { roleARN: 'the-second-role' } });
  });
});

describe('a parked object', () => {
  it('is dropped when its registration ended, also when it was started again', () => {
    const dropped = { what: 'drop', fault: 'registration-ended' };
    expect(judge({ record: { ...record, state: 'ended' } })).toEqual(dropped);
    const ended = { generation: 2, state: 'ended' as const, destination: to('new') };
    expect(judge({ record: { ...record, generation: 3, earlier: [...record.earlier, ended] } })).toEqual(dropped);
  });

  it('waits while its registration is not known: unknown is not empty', () => {
    expect(judge({ record: undefined, now: 2 * parkedForMs })).toEqual({ what: 'wait' });
    expect(judge({ record: { ...record, generation: 0 } })).toEqual({ what: 'wait' });
  });

  it('is given up after fourteen days and not before', () => {
    expect(judge({ now: parkedForMs - 1 })).toMatchObject({ what: 'deliver' });
    expect(judge({ now: parkedForMs })).toEqual({ what: 'expire' });
  });

  it('is dropped when an operator says so', () => {
    expect(judge({ order: 'drop' })).toEqual({ what: 'drop', fault: 'parked-dropped' });
  });

  it('goes on being delivered while its registration is paused', () => {
    expect(judge({ record: { ...record, state: 'paused' } })).toMatchObject({ what: 'deliver' });
  });
});
