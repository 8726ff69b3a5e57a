import { describe, expect, it } from '@jest/globals';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { rejectedHeaders } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { parkedForMs } from './parked-objects.ts';
import { eventClass, noon, receiptOf, registration } from './receipts.fixture.ts';
import { StatusBook } from './status-book.ts';

const dayMs = 86_400_000;
const first = receiptOf(0);

function bookOf(receipts: readonly Receipt[]): StatusBook {
  const book = new StatusBook();
  for (const [offset, receipt] of receipts.entries())
    expect(book.receipt({ offset, value: Buffer.from(JSON.stringify(receipt)) })).toBe(true);
  return book;
}

function rejectedRecord(offset: number, changes: Readonly<Record<string, string>> = {}) {
  const headers = {
    [rejectedHeaders.sourceTopic]: agentTopic(eventClass),
    [rejectedHeaders.sourcePartition]: '1',
    [rejectedHeaders.sourceOffset]: String(offset),
    [rejectedHeaders.fault]: 'invalid-event-time',
    [rejectedHeaders.account]: '123456789012',
    ...changes,
  };
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]);
  return { headers: Object.fromEntries(bytes), timestamp: noon + offset };
}

describe('the books of a registration', () => {
  it('sum_up_each_object_of_the_utc_day_once_though_its_receipt_comes_twice', () => {
    const again = { ...receiptOf(1), alreadyThere: true };
    const book = bookOf([receiptOf(0), receiptOf(1), again, receiptOf(2)]);
    expect(book.figures(registration, noon + 10)).toMatchObject({
      health: 'delivering',
      lastDeliveredAt: noon + 2,
      today: { rows: 30, bytes: 3_000 },
    });
    expect(book.figures(registration, noon + dayMs)?.today).toEqual({ rows: 0, bytes: 0 });
  });

  it('count_nothing_of_what_a_person_sent_again', () => {
    const replay = {
      replay: '0123456789abcdef',
      handoffTopic: 'operations',
      handoffPartition: 0,
      offsets: [0, 0],
    } as const;
    const parked = receiptOf(0, { outcome: 'parked', fault: 'put-refused' });
    const book = bookOf([parked, receiptOf(7, replay), receiptOf(8, { ...replay, offsets: [1, 1] })]);
    expect(book.figures(registration, noon + 10)).toMatchObject({ health: 'failing', today: { rows: 0, bytes: 0 } });
    expect(book.figures(registration, noon + 10)).not.toHaveProperty('lastDeliveredAt');
    expect(book.heldBack(registration, noon + 10)).toMatchObject({ offset: 0 });
    expect(book.recent(registration, 10, Number.POSITIVE_INFINITY)).toHaveLength(1);
  });

  it('know_an_object_again_after_a_whole_cut_of_others', () => {
    const cut = Array.from({ length: 200 }, (_, at) => receiptOf(at));
    expect(bookOf([...cut, ...cut]).figures(registration, noon + 300)?.today.rows).toBe(2_000);
  });

  it('list_the_last_hundred_receipts_newest_first_whole_and_page_by_page', () => {
    const receipts = Array.from({ length: 130 }, (_, at) => receiptOf(at));
    receipts[128] = receiptOf(128, { outcome: 'parked', fault: 'put-refused', nextTry: noon + 60_000 });
    const { sha256: _, ...there } = receiptOf(129, { alreadyThere: true });
    receipts[129] = there;
    const book = bookOf(receipts);
    const all = book.recent(registration, 1_000, Number.POSITIVE_INFINITY);
    const expected = receipts.map((receipt, position) => ({ position, receipt })).reverse();
    expect(all).toEqual(expected.slice(0, 100));
    const page = book.recent(registration, 10, 120);
    expect(page.map(({ position }) => position)).toEqual([119, 118, 117, 116, 115, 114, 113, 112, 111, 110]);
    expect(book.recent('000000000000/file-activity', 10, 120)).toEqual([]);
  });

  it('keep_a_receipt_without_a_key_or_with_a_key_that_is_no_name_of_ours', () => {
    const { objectKey: _key, sha256: _sha, bucketName: _bucket, ...dropped } = receiptOf(0);
    const receipts = [{ ...dropped, outcome: 'dropped' as const, fault: 'registration-ended' as const }];
    const odd = receiptOf(1, { objectKey: 'ext/file/odd.parquet' });
    expect(
      bookOf([...receipts, odd])
        .recent(registration, 9, 9)
        .map(({ receipt }) => receipt),
    ).toEqual([odd, ...receipts]);
  });

  it('are_failing_from_the_first_parked_object_on_suspended_after_14_days_and_delivering_by_themselves', () => {
    const parked = { outcome: 'parked', fault: 'put-refused', nextTry: noon + 60_000 } as const;
    const later = { ...parked, fault: 'role-refused', nextTry: noon + 120_000, writtenAt: noon + 5_000 } as const;
    const receipts = [receiptOf(0), receiptOf(1, parked), receiptOf(2, parked), receiptOf(1, later)];
    const book = bookOf(receipts);
    expect(book.figures(registration, noon + 9_000)).toMatchObject({
      health: 'failing',
      lastError: { fault: 'role-refused', since: noon + 1, nextTry: noon + 120_000 },
    });
    expect(book.figures(registration, noon + 1 + parkedForMs)?.health).toBe('suspended');
    const one = bookOf([...receipts, receiptOf(1)]);
    expect(one.figures(registration, noon + 9_000)?.health).toBe('failing');
    const both = bookOf([...receipts, receiptOf(1), receiptOf(2)]).figures(registration, noon + 9_000);
    expect(both).toMatchObject({ health: 'delivering', today: { rows: 30 } });
    expect(both).not.toHaveProperty('lastError');
  });

  // When the last parked object was given up after 14 days, the state went back to active by itself and delivered-through
  // ran past rows that are in no lake.
  it('stay_suspended_when_objects_are_given_up_until_one_is_delivered_and_hold_their_rows_back_for_good', () => {
    const at = noon + parkedForMs + 60_000;
    const parked = receiptOf(1, { outcome: 'parked', fault: 'put-refused' });
    const expired = receiptOf(1, { outcome: 'dropped', fault: 'parked-expired', writtenAt: at });
    const book = bookOf([receiptOf(0), parked, expired]);
    expect(book.figures(registration, at + 1)).toMatchObject({
      health: 'suspended',
      lastError: { fault: 'parked-expired', since: noon + 1 },
    });
    expect(book.heldBack(registration, at + 1)).toMatchObject({ offset: 10 });
    const again = bookOf([receiptOf(0), parked, expired, receiptOf(2, { writtenAt: at + 5 }), expired]);
    expect(again.figures(registration, at + 9)).toMatchObject({ health: 'delivering' });
    expect(again.figures(registration, at + 9)).not.toHaveProperty('lastError');
    expect(again.heldBack(registration, at + 9)).toMatchObject({ offset: 10 });
    expect(bookOf([expired]).figures(registration, at + 1)).toMatchObject({ health: 'suspended' });
  });

  it('hold_back_nothing_for_what_a_customer_ended_or_a_person_dropped', () => {
    const parked = receiptOf(1, { outcome: 'parked', fault: 'put-refused' });
    for (const fault of ['registration-ended', 'parked-dropped'] as const) {
      const book = bookOf([parked, receiptOf(1, { outcome: 'dropped', fault, writtenAt: noon + 9 })]);
      expect(book.heldBack(registration, noon + 10)).toBeUndefined();
      expect(book.figures(registration, noon + 10)).toMatchObject({ health: 'delivering' });
    }
  });

  it('hold_back_what_is_parked_from_its_lowest_offset_and_a_day_before_its_earliest_event', () => {
    const parked = { outcome: 'parked', fault: 'put-refused' } as const;
    const receipts = [receiptOf(5, parked), receiptOf(4, { ...parked, times: [noon - 90_000, noon] })];
    expect(bookOf(receipts).heldBack(registration, noon)).toEqual({
      offset: 40,
      arrivedAfter: noon - 90_000 - dayMs - 1,
    });
    expect(bookOf([...receipts, receiptOf(4)]).heldBack(registration, noon)?.offset).toBe(50);
    expect(bookOf([...receipts, receiptOf(4), receiptOf(5)]).heldBack(registration, noon)).toBeUndefined();
  });

  it('are_not_held_back_by_a_parked_receipt_that_comes_after_the_object_was_delivered', () => {
    const book = bookOf([first, { ...first, outcome: 'parked', fault: 'put-refused' }]);
    expect(book.heldBack(registration, noon)).toBeUndefined();
    expect(book.figures(registration, noon)?.health).toBe('delivering');
  });

  it('hold_back_also_the_parked_objects_for_which_there_is_no_room_for_14_days', () => {
    const parked = { outcome: 'parked', fault: 'put-refused' } as const;
    const many = Array.from({ length: 4_100 }, (_, at) =>
      receiptOf(at, { ...parked, offsets: [at, at], writtenAt: noon }),
    );
    const delivered = many.map((receipt) => ({ ...receipt, outcome: 'delivered' as const }));
    const book = bookOf([...many, ...delivered]);
    expect(book.heldBack(registration, noon)?.offset).toBe(4_096);
    expect(book.heldBack(registration, noon + parkedForMs + 1)).toBeUndefined();
  });

  it('count_rejected_events_of_the_account_once_and_show_the_last_ten', () => {
    const book = bookOf([]);
    for (const offset of Array.from({ length: 12 }, (_, at) => at)) book.rejected(rejectedRecord(offset));
    book.rejected(rejectedRecord(11));
    const { rejected } = book.figures(registration, noon + 60)!;
    expect(rejected.count).toBe(12);
    expect(rejected.last).toHaveLength(10);
    expect(rejected.last[0]).toEqual({ fault: 'invalid-event-time', at: noon + 11 });
  });

  it('take_no_notice_of_rejected_events_of_nobody_and_of_records_that_are_no_receipts', () => {
    const book = new StatusBook();
    book.rejected(rejectedRecord(1, { [rejectedHeaders.account]: '' }));
    book.rejected(rejectedRecord(1, { [rejectedHeaders.fault]: 'constructor' }));
    book.rejected({ headers: {}, timestamp: noon });
    for (const value of [
      null,
      Buffer.from('{'),
      Buffer.from('{}'),
      Buffer.from('null'),
      Buffer.from(JSON.stringify({ ...first, rows: '1' })),
    ])
      expect(book.receipt({ offset: 1, value })).toBe(false);
    expect(book.size).toBe(0);
  });
});
