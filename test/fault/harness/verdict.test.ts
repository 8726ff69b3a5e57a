import { describe, expect, it } from '@jest/globals';
import type { SentEvent } from './producer.ts';
import { type Evidence, isClean, verdictOf } from './verdict.ts';

const event = (uuid: string, changes: Partial<SentEvent> = {}): [string, SentEvent] => [
  uuid,
  { uuid, account: 'A', eventClass: 'dns-activity', fate: 'delivered', acknowledged: true, ...changes },
];
const record = (uuid: string, source = uuid) => ({ uuid, source, appendedAt: 0 });
const row = (uuid: string, changes = {}) => ({
  uuid,
  account: 'A',
  eventClass: 'dns-activity' as const,
  object: 'lake/one.parquet',
  ...changes,
});
const clean: Evidence = {
  isRegistered: (account) => account === 'A' || account === 'B',
  sent: new Map([event('1')]),
  logged: [record('1')],
  rows: [row('1')],
  rejections: [],
  invalid: [],
  createdTwice: [],
  wentBack: [],
};
/** The counts that aren't 0. */
function wrongIn(changes: Partial<Evidence>): Record<string, number> {
  const { events: _, delivered: __, rejected: ___, wrong, ...counts } = verdictOf({ ...clean, ...changes });
  const found = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  expect(wrong).toHaveLength(Object.values(found).reduce((sum, count) => sum + count, 0));
  return found;
}

describe('the checker', () => {
  it('is_content_with_each_event_once_in_its_own_lake', () => {
    const verdict = verdictOf(clean);
    expect(isClean(verdict)).toBe(true);
    expect(verdict).toMatchObject({ events: 1, delivered: 1, rejected: 0 });
  });

  it('sees_an_event_that_is_nowhere', () => {
    expect(wrongIn({ rows: [] })).toEqual({ lost: 1 });
  });

  it('sees_an_acknowledged_event_that_kafka_lost', () => {
    expect(wrongIn({ logged: [], rows: [] })).toEqual({ lost: 1 });
  });

  it('sees_a_row_too_many_in_one_object_or_two', () => {
    expect(wrongIn({ rows: [row('1'), row('1', { object: 'lake/two.parquet' })] })).toEqual({ duplicated: 1 });
    expect(wrongIn({ createdTwice: ['lake/one.parquet'] })).toEqual({ duplicated: 1 });
  });

  it('sees_a_row_in_the_lake_of_another_or_under_another_source', () => {
    expect(wrongIn({ rows: [row('1'), row('1', { account: 'B' })] })).toEqual({ misrouted: 1 });
    expect(wrongIn({ rows: [row('1', { eventClass: 'file-activity' })] })).toEqual({ lost: 1, misrouted: 1 });
    expect(wrongIn({ rows: [row('1'), row('never sent')] })).toEqual({ misrouted: 1 });
  });

  it('sees_a_row_of_a_customer_who_is_not_registered', () => {
    const sent = new Map([event('1', { account: 'C' })]);
    expect(wrongIn({ sent, rows: [] })).toEqual({});
    expect(wrongIn({ sent, rows: [row('1', { account: 'C' })] })).toEqual({ misrouted: 1 });
  });

  it('asks_of_an_unknown_send_as_many_rows_as_kafka_has_records', () => {
    const sent = new Map([event('1', { acknowledged: false })]);
    expect(wrongIn({ sent, logged: [], rows: [] })).toEqual({});
    expect(wrongIn({ sent, logged: [], rows: [row('1')] })).toEqual({ duplicated: 1 });
    expect(wrongIn({ sent, rows: [] })).toEqual({ lost: 1 });
    expect(wrongIn({ sent })).toEqual({});
  });

  it('asks_of_a_broken_record_the_right_reason_and_counts_it_once', () => {
    const sent = new Map([event('1', { fate: 'rejected', fault: 'empty-value' })]);
    const rejected = { source: '1', fault: 'empty-value' };
    expect(wrongIn({ sent, rows: [], rejections: [rejected, rejected] })).toEqual({});
    expect(wrongIn({ sent, rows: [] })).toEqual({ lost: 1 });
    expect(wrongIn({ sent, rows: [], rejections: [{ ...rejected, fault: 'not-an-activity' }] })).toEqual({
      misjudged: 1,
    });
    expect(wrongIn({ sent, rejections: [rejected] })).toEqual({ misjudged: 1 });
  });

  it('sees_a_sound_event_that_was_rejected', () => {
    expect(wrongIn({ rows: [], rejections: [{ source: '1', fault: 'mapping-failed' }] })).toEqual({ misjudged: 1 });
  });

  it('sees_invalid_objects_and_offsets_that_went_back', () => {
    expect(wrongIn({ invalid: ['one.parquet: has no rows'] })).toEqual({ invalid: 1 });
    expect(wrongIn({ wentBack: ['ocsf.dns-activity/0 from 7 to 3'] })).toEqual({ wentBack: 1 });
  });
});
