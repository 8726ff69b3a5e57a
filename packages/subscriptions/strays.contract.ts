import { beforeEach, describe, expect, it } from '@jest/globals';
import { end, move, setPaused } from './changes.ts';
import { ofApiKey, ofRegistration, sampleApiKey, sampleDestination, sampleRegistration } from './samples.fixture.ts';
import type { SubscriptionStore } from './subscriptions.ts';

const record = sampleRegistration('123456789012');

/** What every store promises of changes that came too late; `current` was built at version 4 with the sample registration and key. */
export function describeStrays(current: () => SubscriptionStore): void {
  describe('a change that came too late', () => {
    let store: SubscriptionStore;
    beforeEach(() => {
      store = current();
    });

    // A request lost its locks while its send hung; another request decided and was applied, then the send came through.
    it('changes_nothing_for_a_change_that_was_decided_before_another_one_of_the_same_registration', async () => {
      const ended = end(record, new Date(1));
      expect(await store.apply({ after: 4, offset: 5, decidedAt: 4 }, ofRegistration(ended))).toBe('applied');
      const late = ofRegistration({ ...record, changedAt: 'late' });
      expect(await store.apply({ after: 5, offset: 6, decidedAt: 4 }, late)).toBe('stray');
      expect(await store.count()).toEqual({ version: 5, registrations: 1 });
      await store.skip({ after: 5, offset: 6 });
      await store.skip({ after: 5, offset: 6 });
      expect(await store.registration(record.registration)).toEqual(ended);
      expect(await store.changesSince(5)).toEqual({ version: 6, records: [] });
      expect(await store.apply({ after: 6, offset: 7, decidedAt: 6 }, late)).toBe('applied');
    });

    it('changes_nothing_for_a_change_whose_destination_another_registration_got_meanwhile', async () => {
      const other = sampleRegistration('210987654321', 'file-activity', record.destination);
      expect(await store.apply({ after: 4, offset: 5, decidedAt: 4 }, ofRegistration(other))).toBe('stray');
      expect(await store.registration(other.registration)).toBeUndefined();
      const never = ofRegistration(end(other, new Date(1)));
      expect(await store.apply({ after: 4, offset: 5, decidedAt: 4 }, never)).toBe('applied');
    });

    // Two requests side by side, whose locks a failover of Redis had lost, each got a place: one in the other.
    it.each([
      ['in', 'ext/x', 'ext/x/1.0'],
      ['around', 'ext/x/1.0', 'ext/x'],
    ])(
      'changes_nothing_for_a_change_to_a_place_%s_one_that_another_registration_got_meanwhile',
      async (_, got, asked) => {
        const first = sampleRegistration('123456789012', 'dns-activity', sampleDestination(got));
        const second = ofRegistration(sampleRegistration('210987654321', 'dns-activity', sampleDestination(asked)));
        expect(await store.apply({ after: 4, offset: 5, decidedAt: 4 }, ofRegistration(first))).toBe('applied');
        expect(await store.apply({ after: 5, offset: 6, decidedAt: 4 }, second)).toBe('stray');
        expect(await store.holderOf(sampleDestination(asked))).toBeUndefined();
        await store.skip({ after: 5, offset: 6 });
        await store.apply({ after: 6, offset: 7, decidedAt: 6 }, ofRegistration(end(first, new Date(1))));
        expect(await store.apply({ after: 7, offset: 8, decidedAt: 7 }, second)).toBe('applied');
      },
    );

    it('lets_a_registration_move_within_its_own_place_and_pause_where_it_is', async () => {
      const inner = { ...record.destination, prefix: `${record.destination.prefix}/1.0` };
      const moved = move(record, inner, new Date(1));
      expect(await store.apply({ after: 4, offset: 5, decidedAt: 4 }, ofRegistration(moved))).toBe('applied');
      const paused = setPaused(moved, true, new Date(2));
      expect(await store.apply({ after: 5, offset: 6, decidedAt: 5 }, ofRegistration(paused))).toBe('applied');
    });

    it('takes_for_no_stray_what_says_what_is_so_already', async () => {
      const ended = ofRegistration(end(record, new Date(1)));
      await store.apply({ after: 4, offset: 5 }, ended);
      expect(await store.apply({ after: 5, offset: 6, decidedAt: 4 }, ended)).toBe('applied');
    });

    // Who rotated a key had read it before somebody revoked it, and was written after.
    it('makes_no_revoked_key_valid_again_and_takes_what_says_that_it_is_revoked', async () => {
      const revoked = { ...sampleApiKey, revokedAt: '2026-01-02T00:00:00.000Z' };
      expect(await store.apply({ after: 4, offset: 5 }, ofApiKey(revoked))).toBe('applied');
      const late = ofApiKey({ ...sampleApiKey, expiresAt: '2026-02-01T00:00:00.000Z', replacedBy: 'key2' });
      expect(await store.apply({ after: 5, offset: 6 }, late)).toBe('stray');
      await store.skip({ after: 5, offset: 6 });
      expect(await store.apiKey('key1')).toEqual(revoked);
      expect(await store.apply({ after: 6, offset: 7 }, ofApiKey(revoked))).toBe('applied');
      expect(await store.version()).toBe(7);
    });

    it('knows_after_a_rebuild_when_each_registration_changed', async () => {
      const placed = { ...ofRegistration(record), offset: 3 };
      expect(await store.rebuild([placed], 9, { force: true })).toBe('rebuilt');
      const ended = ofRegistration(end(record, new Date(1)));
      expect(await store.apply({ after: 9, offset: 10, decidedAt: 2 }, ended)).toBe('stray');
      expect(await store.apply({ after: 9, offset: 10, decidedAt: 3 }, ended)).toBe('applied');
    });
  });
}
