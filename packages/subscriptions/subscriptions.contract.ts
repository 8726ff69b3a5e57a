import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { changesKept } from '@tributary/schemas/redis/keys.ts';
import { end, register, setPaused } from './changes.ts';
import {
  ofApiKey,
  ofRegistration,
  sampleApiKey,
  sampleDestination,
  sampleRegistration,
  sampleRegistrations,
} from './samples.fixture.ts';
import { describeStrays } from './strays.contract.ts';
import type { SubscriptionStore } from './subscriptions.ts';

/** A store under test, empty as after a first start, and the ways to break it. */
export interface StoreUnderTest {
  readonly store: SubscriptionStore;
  goAway(): Promise<void> | void;
  comeBack(): Promise<void> | void;
  wipe(): Promise<void> | void;
  loseSentinel(): Promise<void> | void;
  close(): Promise<void> | void;
}

const notWhole = { code: 'subscriptions-not-whole' };
const account = '123456789012';
const record = sampleRegistration(account);

/** What every SubscriptionStore promises. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let tested: StoreUnderTest;
    let store: SubscriptionStore;
    beforeEach(async () => {
      tested = await open();
      store = tested.store;
    });
    afterEach(() => tested.close());

    describe('before it was built', () => {
      it('refuses_every_read_instead_of_answering_nothing', async () => {
        await expect(store.version()).rejects.toMatchObject(notWhole);
        await expect(store.readAll()).rejects.toMatchObject(notWhole);
        await expect(store.changesSince(-1)).rejects.toMatchObject(notWhole);
        await expect(store.registration(record.registration)).rejects.toMatchObject(notWhole);
        await expect(store.registrationsOf(account)).rejects.toMatchObject(notWhole);
        await expect(store.holderOf(record.destination)).rejects.toMatchObject(notWhole);
        await expect(store.apiKey('key1')).rejects.toMatchObject(notWhole);
      });

      it('refuses_a_change', async () => {
        const applied = store.apply({ after: -1, offset: 0 }, ofRegistration(record));
        await expect(applied).rejects.toMatchObject(notWhole);
      });

      it('is_whole_and_empty_after_a_rebuild_from_an_empty_journal', async () => {
        expect(await store.rebuild([], -1)).toBe('rebuilt');
        expect(await store.version()).toBe(-1);
        expect(await store.readAll()).toEqual({ version: -1, records: [] });
        expect(await store.changesSince(-1)).toEqual({ version: -1, records: [] });
        expect(await store.apiKey('key1')).toBeUndefined();
        await store.apply({ after: -1, offset: 0 }, ofRegistration(record));
        expect(await store.changesSince(-1)).toEqual({ version: 0, records: [record] });
      });
    });

    describe('built from a journal', () => {
      beforeEach(async () => {
        await store.rebuild([ofRegistration(record), ofApiKey(sampleApiKey)], 4);
      });

      it('answers_what_the_journal_says', async () => {
        expect(await store.readAll()).toEqual({ version: 4, records: [record] });
        expect(await store.registration(record.registration)).toEqual(record);
        expect(await store.holderOf(record.destination)).toBe(record.registration);
        expect(await store.holderOf(sampleDestination('ext/other'))).toBeUndefined();
        expect(await store.apiKey('key1')).toEqual(sampleApiKey);
        expect(await store.apiKey('key2')).toBeUndefined();
      });

      it('answers_only_the_registrations_of_the_account_that_was_asked_for', async () => {
        const dns = sampleRegistration(account, 'dns-activity');
        await store.apply({ after: 4, offset: 5 }, ofRegistration(dns));
        await store.apply({ after: 5, offset: 6 }, ofRegistration(sampleRegistration('210987654321')));
        expect(await store.registrationsOf(account)).toEqual([record, dns]);
      });

      it('applies_a_change_once_and_keeps_quiet_about_the_second_time', async () => {
        const ended = end(record, new Date(1));
        await store.apply({ after: 4, offset: 5 }, ofRegistration(ended));
        await store.apply({ after: 4, offset: 5 }, ofRegistration(record));
        expect(await store.registration(record.registration)).toEqual(ended);
        expect(await store.version()).toBe(5);
      });

      it('refuses_a_change_when_the_one_before_it_was_never_applied', async () => {
        const applied = store.apply({ after: 5, offset: 6 }, ofRegistration(end(record, new Date(1))));
        await expect(applied).rejects.toMatchObject(notWhole);
        expect(await store.version()).toBe(4);
      });

      it('accepts_gaps_that_compaction_made_in_the_journal', async () => {
        await store.apply({ after: 4, offset: 900 }, ofRegistration(end(record, new Date(1))));
        expect(await store.version()).toBe(900);
      });

      describeStrays(() => store);

      it('is_built_anew_at_its_own_version_only_when_asked_to', async () => {
        expect(await store.rebuild([], 4)).toBe('newer');
        expect(await store.rebuild([], 3, { force: true })).toBe('newer');
        expect(await store.rebuild([], 4, { force: true })).toBe('rebuilt');
        expect(await store.count()).toEqual({ version: 4, registrations: 0 });
      });

      it('gives_a_destination_free_when_its_registration_ends_or_moves', async () => {
        const request = { account, eventClass: 'file-activity', ocsfVersion: '1.1.0' } as const;
        const destination = sampleDestination('ext/second');
        const moved = register(record, { ...request, destination }, new Date(1));
        await store.apply({ after: 4, offset: 5 }, ofRegistration(moved));
        expect(await store.holderOf(record.destination)).toBeUndefined();
        expect(await store.holderOf(destination)).toBe(record.registration);
        await store.apply({ after: 5, offset: 6 }, ofRegistration(end(moved, new Date(2))));
        expect(await store.holderOf(destination)).toBeUndefined();
      });

      it('keeps_the_destination_of_a_paused_registration', async () => {
        await store.apply({ after: 4, offset: 5 }, ofRegistration(setPaused(record, true, new Date(1))));
        expect(await store.holderOf(record.destination)).toBe(record.registration);
      });

      it('finds_who_holds_a_prefix_around_or_below_another_and_nobody_beside_it', async () => {
        const { bucketName } = record.destination;
        const nested = (prefix: string) => store.nestedHoldersOf({ bucketName, prefix });
        const destination = sampleDestination('ext/x*/1.0');
        const other = sampleRegistration('210987654321', 'file-activity', destination);
        await store.apply({ after: 4, offset: 5 }, ofRegistration(other));
        expect(await nested('ext/x*')).toEqual([other.registration]);
        expect(await nested('ext/x*/1.0/more')).toEqual([other.registration]);
        for (const beside of ['ext/x*/1.0', 'ext/x*/1', 'ext/x*/2.0', 'ext/xy', 'ext/x'])
          expect(await nested(beside)).toEqual([]);
        expect(await store.nestedHoldersOf({ bucketName: 'elsewhere', prefix: 'ext/x*' })).toEqual([]);
      });

      it('does_not_take_a_destination_from_its_new_holder_when_the_old_one_changes_later', async () => {
        const other = sampleRegistration('210987654321', 'file-activity', record.destination);
        const ended = end(record, new Date(1));
        await store.apply({ after: 4, offset: 5 }, ofRegistration(ended));
        await store.apply({ after: 5, offset: 6 }, ofRegistration(other));
        await store.apply({ after: 6, offset: 7 }, ofRegistration({ ...ended, changedAt: 'later' }));
        expect(await store.holderOf(record.destination)).toBe(other.registration);
      });

      it('gives_the_changes_after_a_version_in_order_and_without_api_keys', async () => {
        const [one, two] = sampleRegistrations(2) as [typeof record, typeof record];
        await store.apply({ after: 4, offset: 5 }, ofRegistration(one));
        await store.apply({ after: 5, offset: 6 }, ofApiKey({ ...sampleApiKey, id: 'key2' }));
        await store.apply({ after: 6, offset: 9 }, ofRegistration(two));
        await store.apply({ after: 9, offset: 10 }, ofRegistration(end(one, new Date(1))));
        expect(await store.changesSince(4)).toEqual({ version: 10, records: [one, two, end(one, new Date(1))] });
        expect(await store.changesSince(9)).toEqual({ version: 10, records: [end(one, new Date(1))] });
        expect(await store.changesSince(10)).toEqual({ version: 10, records: [] });
      });

      it('says_too_far_behind_to_a_reader_from_before_the_rebuild', async () => {
        expect(await store.changesSince(3)).toBe('too-far-behind');
      });

      it('refuses_a_reader_that_has_seen_a_later_version', async () => {
        await expect(store.changesSince(5)).rejects.toMatchObject(notWhole);
      });

      it('leaves_a_newer_store_alone_when_a_slow_process_rebuilds', async () => {
        expect(await store.rebuild([], 3)).toBe('newer');
        expect(await store.rebuild([], 4)).toBe('newer');
        expect((await store.readAll()).records).toEqual([record]);
      });

      it('forgets_what_the_journal_does_not_say_in_a_rebuild', async () => {
        await tested.loseSentinel();
        const [other] = sampleRegistrations(1) as [typeof record];
        expect(await store.rebuild([ofRegistration(other)], 2)).toBe('rebuilt');
        expect(await store.readAll()).toEqual({ version: 2, records: [other] });
        expect(await store.holderOf(record.destination)).toBeUndefined();
        expect(await store.apiKey('key1')).toBeUndefined();
      });

      it('is_not_whole_when_it_was_wiped_or_lost_its_sentinel', async () => {
        await tested.loseSentinel();
        await expect(store.apiKey('key1')).rejects.toMatchObject(notWhole);
        await expect(store.apply({ after: 4, offset: 5 }, ofRegistration(record))).rejects.toMatchObject(notWhole);
        await tested.wipe();
        await expect(store.readAll()).rejects.toMatchObject(notWhole);
      });

      it('is_unavailable_while_it_is_away_and_goes_on_by_itself_afterwards', async () => {
        const unavailable = { code: 'subscriptions-unavailable' };
        await tested.goAway();
        const began = Date.now();
        await expect(store.readAll()).rejects.toMatchObject(unavailable);
        await expect(store.lock('a', 1_000)).rejects.toMatchObject(unavailable);
        expect(Date.now() - began).toBeLessThan(5_000);
        await tested.comeBack();
        expect((await store.readAll()).version).toBe(4);
      });
    });

    it('keeps_every_change_that_it_promises_and_then_says_too_far_behind', async () => {
      await store.rebuild([], 0);
      const many = changesKept + 300;
      for (let offset = 1; offset <= many; offset += 50) {
        const block = Array.from({ length: 50 }, (_, index) => offset + index);
        await Promise.all(block.map((at) => store.apply({ after: at - 1, offset: at }, ofRegistration(record))));
      }
      expect(await store.changesSince(0)).toBe('too-far-behind');
      const kept = await store.changesSince(many - changesKept + 1);
      expect(kept).toMatchObject({ version: many, records: { length: changesKept - 1 } });
    }, 60_000);

    it('rebuilds_more_registrations_than_fit_one_script', async () => {
      const records = sampleRegistrations(1_234);
      expect(await store.rebuild(records.map(ofRegistration), 5_000)).toBe('rebuilt');
      const all = await store.readAll();
      expect(new Set(all.records.map((found) => found.registration)).size).toBe(1_234);
      expect(await store.holderOf(records[1_000]!.destination)).toBe(records[1_000]!.registration);
    });

    it('gives_a_lock_to_one_holder_until_it_is_released', async () => {
      const held = await store.lock('a/b', 10_000);
      expect(held).toBeDefined();
      expect(await store.lock('a/b', 10_000)).toBeUndefined();
      expect(await store.lock('a/c', 10_000)).toBeDefined();
      await held!.release();
      expect(await store.lock('a/b', 10_000)).toBeDefined();
    });

    it('does_not_release_the_lock_of_the_next_holder_after_the_lease', async () => {
      const first = await store.lock('a/d', 20);
      let second = await store.lock('a/d', 10_000);
      while (second === undefined) second = await store.lock('a/d', 10_000);
      await first!.release();
      expect(await store.lock('a/d', 10_000)).toBeUndefined();
    });
  });
}
