import { beforeEach, describe, expect, it } from '@jest/globals';
import { plainRedisRefusal } from '@tributary/schemas/redis/address.ts';
import fc from 'fast-check';
import { end } from './changes.ts';
import type { Known } from './known.ts';
import { createMemoryStore, type MemoryStore } from './memory.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { ofRegistration, sampleRegistration, sampleRegistrations } from './samples.fixture.ts';

const account = '123456789012';
const record = sampleRegistration(account);
const notWhole = expect.objectContaining({ code: 'subscriptions-not-whole' });
const unavailable = expect.objectContaining({ code: 'subscriptions-unavailable' });

let store: MemoryStore;
let mirror: Mirror;
let clock: number;
let journalEnds: number | 'away';
let endsAsked: number;

beforeEach(async () => {
  store = createMemoryStore();
  clock = 0;
  endsAsked = 0;
  await store.rebuild([ofRegistration(record)], 0);
  journalEnds = 1;
  mirror = mirrorOf(store);
});

const mirrorOf = (of: MemoryStore) =>
  createMirror({
    store: of,
    now: () => clock,
    checkEveryMs: 5_000,
    journalEnd: async () => {
      endsAsked += 1;
      if (journalEnds === 'away') throw new Error('no broker');
      return journalEnds;
    },
  });

const change = async (offset: number, next = record) => {
  await store.apply({ after: offset - 1, offset }, ofRegistration(next));
  journalEnds = offset + 1;
};

describe('the mirror', () => {
  it('knows_nothing_before_its_first_refresh_and_says_so', () => {
    expect(() => mirror.find(account, 'file-activity')).toThrow(notWhole);
    expect(() => mirror.byId(record.registration)).toThrow(notWhole);
    expect(() => mirror.version()).toThrow(notWhole);
  });

  it('finds_active_registrations_only_and_gives_ended_ones_by_id', async () => {
    await mirror.refresh();
    expect(mirror.find(account, 'file-activity')).toEqual(record);
    expect(mirror.find(account, 'dns-activity')).toBeUndefined();
    const ended = end(record, new Date(1));
    await change(1, ended);
    await mirror.refresh();
    expect(mirror.version()).toBe(1);
    expect(mirror.find(account, 'file-activity')).toBeUndefined();
    expect(mirror.byId(record.registration)).toEqual(ended);
  });

  it.each([
    ['away', () => store.goAway(), unavailable],
    ['wiped', () => store.wipe(), notWhole],
    ['without its sentinel', () => store.loseSentinel(), notWhole],
  ])('fails_closed_while_the_store_is_%s', async (_what, breakStore, fault) => {
    await mirror.refresh();
    breakStore();
    await expect(mirror.refresh()).rejects.toEqual(fault);
    expect(() => mirror.find(account, 'file-activity')).toThrow(fault as unknown as Error);
    store.comeBack();
    await store.rebuild([ofRegistration(record)], 0);
    await mirror.refresh();
    expect(mirror.find(account, 'file-activity')).toEqual(record);
  });

  it('refuses_a_store_that_went_back_even_after_a_rebuild', async () => {
    await change(1);
    await mirror.refresh();
    store.wipe();
    await store.rebuild([], 0);
    await expect(mirror.refresh()).rejects.toEqual(notWhole);
  });

  it('refuses_a_store_behind_the_journal_at_start', async () => {
    journalEnds = 2;
    await expect(mirror.refresh()).rejects.toEqual(notWhole);
    await change(1);
    await mirror.refresh();
    expect(mirror.version()).toBe(1);
  });

  it('compares_with_the_journal_again_after_the_interval_and_after_a_failure', async () => {
    await mirror.refresh();
    await mirror.refresh();
    expect(endsAsked).toBe(1);
    clock = 5_000;
    journalEnds = 9;
    await expect(mirror.refresh()).rejects.toEqual(notWhole);
    await expect(mirror.refresh()).rejects.toEqual(notWhole);
    expect(endsAsked).toBe(3);
  });

  it('compares_with_the_journal_at_once_when_the_clock_was_set_back', async () => {
    clock = 7_200_000;
    await mirror.refresh();
    clock = 0;
    await mirror.refresh();
    expect(endsAsked).toBe(2);
  });

  it('fails_closed_when_the_end_of_the_journal_cannot_be_read', async () => {
    journalEnds = 'away';
    await expect(mirror.refresh()).rejects.toEqual(unavailable);
  });

  // A registration was answered, then Redis failed over to a replica that did not have it yet, between two refreshes:
  // until the next check its events would have been dropped as nobody's.
  it('compares_with_the_journal_after_every_reconnect_so_that_a_failover_is_noticed', async () => {
    await mirror.refresh();
    const asked = endsAsked;
    await mirror.refresh();
    expect(endsAsked).toBe(asked);
    journalEnds = 2; // another registration is in the journal, but not on the server that answers now
    store.goAway();
    store.comeBack();
    await expect(mirror.refresh()).rejects.toEqual(notWhole);
    expect(() => mirror.find(account, record.eventClass)).toThrow();
  });

  it('does_not_believe_what_it_read_while_the_connection_changed', async () => {
    let connections = 1;
    const changing = createMirror({
      now: () => 0,
      checkEveryMs: 5_000,
      journalEnd: async () => 1,
      store: {
        readAll: () => store.readAll(),
        changesSince: (version) => {
          connections += 1;
          return store.changesSince(version);
        },
        connections: () => connections,
      },
    });
    await changing.refresh();
    await expect(changing.refresh()).rejects.toEqual(unavailable);
  });

  it('reads_again_for_who_comes_while_a_refresh_runs_and_once_for_all_of_them', async () => {
    const reads: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const watched = createMirror({
      now: () => 0,
      checkEveryMs: 1,
      journalEnd: async () => 1,
      store: {
        readAll: async () => {
          reads.push('all');
          await held;
          return store.readAll();
        },
        changesSince: async (version) => {
          reads.push('changes');
          return store.changesSince(version);
        },
        connections: () => 1,
      },
    });
    const first = watched.refresh();
    const later = [watched.refresh(), watched.refresh()];
    letGo();
    await Promise.all([first, ...later]);
    expect(reads).toEqual(['all', 'changes']);
  });

  it.each([
    [1_000, 200, 'taken'],
    [1_000, 201, 'refused'],
    [400, 99, 'taken'],
    [100, 100, 'refused'],
  ])('of_%i_registrations_%i_vanishing_in_a_rebuild_are_%s', async (count, vanishing, outcome) => {
    const all = sampleRegistrations(count).map(ofRegistration);
    const large = createMemoryStore();
    await large.rebuild(all, 0);
    const watching = mirrorOf(large);
    await watching.refresh();
    large.wipe();
    await large.rebuild(all.slice(vanishing), 1);
    const refreshed = await watching.refresh().then(
      () => 'taken',
      (fault) => {
        expect(fault).toEqual(notWhole);
        return 'refused';
      },
    );
    expect(refreshed).toBe(outcome);
  });

  it('accepts_any_number_of_ends_that_the_journal_has', async () => {
    const records = sampleRegistrations(300);
    const large = createMemoryStore();
    await large.rebuild(records.map(ofRegistration), 0);
    const watching = mirrorOf(large);
    await watching.refresh();
    large.wipe();
    await large.rebuild(
      records.map((active) => ofRegistration(end(active, new Date(1)))),
      300,
    );
    await watching.refresh();
    expect(watching.find(records[0]!.account, records[0]!.eventClass)).toBeUndefined();
  });

  describe('and a loss', () => {
    const all = sampleRegistrations(1_000).map(ofRegistration);
    let remembered: Known | undefined;
    let large: MemoryStore;
    const watch = () =>
      createMirror({
        store: large,
        now: () => 0,
        checkEveryMs: 0,
        journalEnd: async () => 1,
        known: async () => remembered,
      });
    const lose = async (count: number, version: number) => {
      large.wipe();
      await large.rebuild(all.slice(count), version);
    };
    beforeEach(async () => {
      remembered = { version: 0, registrations: 1_000 };
      large = createMemoryStore();
      await large.rebuild(all, 0);
    });

    // A rollout restarts every consumer: each came up knowing nothing, and took what was left for all there is.
    it('is_refused_by_a_process_that_has_just_started', async () => {
      await lose(300, 1);
      await expect(watch().refresh()).rejects.toEqual(notWhole);
    });

    it('is_accepted_by_those_that_run_and_those_that_start_once_it_is_confirmed_and_no_other_is', async () => {
      const watching = watch();
      await watching.refresh();
      await lose(300, 5);
      await expect(watching.refresh()).rejects.toEqual(notWhole);
      remembered = { version: 5, registrations: 700, confirmedVersion: 5 };
      await watching.refresh();
      await watch().refresh();
      await lose(600, 6);
      await expect(watching.refresh()).rejects.toEqual(notWhole);
      await expect(watch().refresh()).rejects.toEqual(notWhole);
    });

    it('is_not_accepted_for_a_confirmation_of_an_earlier_one', async () => {
      const watching = watch();
      large.wipe();
      await large.rebuild(all, 7);
      await watching.refresh();
      remembered = { version: 7, registrations: 700, confirmedVersion: 5 };
      await lose(300, 8);
      await expect(watching.refresh()).rejects.toEqual(notWhole);
    });

    it('cannot_be_ruled_out_while_the_number_is_not_to_be_had', async () => {
      const asking = createMirror({
        store: large,
        now: () => 0,
        checkEveryMs: 0,
        journalEnd: async () => 1,
        known: async () => {
          throw new Error('no broker');
        },
      });
      await expect(asking.refresh()).rejects.toEqual(unavailable);
    });
  });

  it('always_equals_the_store_after_a_refresh_or_throws', async () => {
    const moves = fc.constantFrom('start', 'end', 'refresh', 'wipe', 'rebuild', 'away', 'back');
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { maxLength: 40 }), async (steps) => {
        const journal = [ofRegistration(record)];
        const world = createMemoryStore();
        await world.rebuild(journal, 0);
        const watching = createMirror({
          store: world,
          now: () => 0,
          checkEveryMs: 0,
          journalEnd: async () => journal.length,
        });
        for (const step of steps) {
          if (step === 'start' || step === 'end') {
            const next = ofRegistration(step === 'end' ? end(record, new Date(1)) : record);
            journal.push(next);
            const at = journal.length - 1;
            await world.apply({ after: at - 1, offset: at }, next).catch(() => undefined);
          } else if (step === 'wipe') world.wipe();
          else if (step === 'rebuild') await world.rebuild(journal, journal.length - 1).catch(() => undefined);
          else if (step === 'away') world.goAway();
          else if (step === 'back') world.comeBack();
          else {
            const fresh = await watching.refresh().then(
              () => true,
              () => false,
            );
            if (fresh) expect(watching.byId(record.registration)).toEqual(journal.at(-1)!.record);
            else expect(() => watching.find(account, 'file-activity')).toThrow();
          }
        }
      }),
    );
  });
});

describe('the address of Redis', () => {
  it.each([
    ['redis://127.0.0.1:6379', true],
    ['redis://localhost/3', true],
    ['redis://[::1]:6379', true],
    ['rediss://user:secret@redis.example.com:6379', true],
    ['redis://redis.example.com:6379', false],
    ['redis://127.0.0.1.example.com', false],
    ['redis://10.0.0.5:6379', false],
    ['http://localhost', false],
    ['redis://:secret@127.0.0.1:6379/2', true],
    ['rediss-sentinel://user:secret@a.example.com:26379,b.example.com:26379/primary', true],
    ['rediss-sentinel://a.example.com,b.example.com/primary/3', true],
    ['rediss-cluster://a.example.com:6379,b.example.com:6380', true],
    ['redis-sentinel://127.0.0.1:26379,localhost:26380/primary', true],
    ['redis-sentinel://127.0.0.1:26379,a.example.com:26380/primary', false],
    ['redis-cluster://127.0.0.1:1,127.0.0.1:2', true],
    ['redis-cluster://10.0.0.1:1', false],
    ['rediss-sentinel://a.example.com:26379', false],
    ['rediss-cluster://a.example.com:6379/1', false],
    ['rediss://a.example.com,b.example.com', false],
    ['rediss://a.example.com:99999', false],
    ['nonsense', false],
  ])('%s_is_allowed_%s', (address, allowed) => {
    expect(plainRedisRefusal(address) === undefined).toBe(allowed);
  });
});
