import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { end } from './changes.ts';
import { JournalFold } from './fold.ts';
import { decodeEntry, encodeChange, type JournalEntry } from './journal.ts';
import { createMemoryStore } from './memory.ts';
import { ofApiKey, ofRegistration, sampleApiKey, sampleDestination, sampleRegistration } from './samples.fixture.ts';

const account = '123456789012';
const other = '210987654321';
const first = sampleRegistration(account);
const ended = end(first, new Date(1));

const fold = (...entries: JournalEntry[]) => {
  const folded = new JournalFold();
  for (const entry of entries) folded.add(entry);
  return folded;
};
const entry = (offset: number, record = first, decidedAt?: number): JournalEntry => ({
  offset,
  change: ofRegistration(record),
  decidedAt,
});

describe('the journal read whole', () => {
  it('says_the_newest_change_of_each_key_and_where_it_stands', () => {
    const folded = fold(entry(0), { offset: 1, change: ofApiKey(sampleApiKey), decidedAt: undefined }, entry(2, ended));
    expect(folded.changes()).toEqual([
      { kind: 'registration', record: ended, offset: 2 },
      { ...ofApiKey(sampleApiKey), offset: 1 },
    ]);
    expect(folded.registrations).toBe(1);
    expect(folded.repairs()).toEqual([]);
  });

  it('puts_what_was_so_behind_a_change_that_came_too_late', () => {
    const late = { ...first, generation: 9 };
    const folded = fold(entry(0), entry(1, ended, 0), entry(2, late, 0));
    expect(folded.changes()).toMatchObject([{ record: ended, offset: 1 }]);
    expect(folded.repairs()).toEqual([{ change: ofRegistration(ended), decidedAt: 2 }]);
    expect(fold(entry(0), entry(1, ended, 0), entry(2, late, 0), entry(3, ended, 2)).repairs()).toEqual([]);
  });

  it('ends_a_registration_at_once_that_never_got_its_destination', () => {
    const second = sampleRegistration(other, 'file-activity', first.destination);
    const { changes, repairs } = {
      changes: fold(entry(0), entry(1, second, -1)).changes(),
      repairs: fold(entry(0), entry(1, second, -1)).repairs(),
    };
    expect(changes).toHaveLength(1);
    expect(repairs).toEqual([{ change: ofRegistration({ ...second, state: 'ended' }), decidedAt: 1 }]);
  });

  it('keeps_a_key_revoked_that_a_late_record_would_make_valid_again', () => {
    const revoked = { ...sampleApiKey, revokedAt: '2026-01-02T00:00:00.000Z' };
    const key = (offset: number, record: typeof sampleApiKey): JournalEntry => ({
      offset,
      change: ofApiKey(record),
      decidedAt: undefined,
    });
    const late = [key(0, sampleApiKey), key(1, revoked), key(2, { ...sampleApiKey, replacedBy: 'key2' })];
    const folded = fold(...late);
    expect(folded.changes()).toEqual([{ ...ofApiKey(revoked), offset: 1 }]);
    expect(folded.repairs()).toEqual([{ change: ofApiKey(revoked), decidedAt: 2 }]);
    const righted = fold(...late, key(3, revoked));
    expect(righted.repairs()).toEqual([]);
    expect(righted.changes()).toEqual([{ ...ofApiKey(revoked), offset: 3 }]);
  });

  it('keeps_the_version_of_the_decision_in_the_record', () => {
    const { key, value, headers } = encodeChange(ofRegistration(first), 7);
    const record = { offset: 8, key: Buffer.from(key), value: Buffer.from(value) };
    const bytes = Object.fromEntries(Object.entries(headers!).map(([name, text]) => [name, Buffer.from(text)]));
    expect(decodeEntry({ ...record, headers: bytes })).toEqual({
      offset: 8,
      change: ofRegistration(first),
      decidedAt: 7,
    });
    expect(decodeEntry(record).decidedAt).toBeUndefined();
    const odd = { 'decided-at': Buffer.from('soon') };
    expect(() => decodeEntry({ ...record, headers: odd })).toThrow(/cannot be read/);
  });

  // Whatever comes late, however often strays are put right and by how many replicas: applied in order or read whole,
  // compacted or not, the journal says the same, no destination has two holders or lies in another's, and it comes to rest.
  it('means_the_same_applied_in_order_read_whole_and_compacted', async () => {
    const write = fc.record({
      who: fc.constantFrom(account, other),
      prefix: fc.constantFrom('ext/a', 'ext/b', 'ext/a/1'),
      state: fc.constantFrom('active', 'paused', 'ended'),
      behind: fc.integer({ min: 0, max: 3 }),
      replicas: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
        const journal: JournalEntry[] = [];
        const store = createMemoryStore();
        await store.rebuild([], -1);
        let applied = -1;
        const apply = async (replicas: number) => {
          for (; applied < journal.length - 1; applied++) {
            const { offset, change, decidedAt } = journal[applied + 1]!;
            const position = { after: applied, offset, ...(decidedAt === undefined ? {} : { decidedAt }) };
            if ((await store.apply(position, change)) === 'applied') continue;
            const right = fold(...journal.slice(0, offset + 1))
              .repairs()
              .find(({ decidedAt: at }) => at === offset)!;
            for (let replica = 0; replica < replicas; replica++)
              journal.push({ offset: journal.length, change: right.change, decidedAt: offset });
            await store.skip({ after: applied, offset });
          }
        };
        for (const [index, { who, prefix, state, behind, replicas }] of writes.entries()) {
          const record = sampleRegistration(who, 'file-activity', sampleDestination(prefix));
          const change = ofRegistration({ ...record, state, generation: index + 1 });
          journal.push({ offset: journal.length, change, decidedAt: Math.max(-1, journal.length - 1 - behind) });
          await apply(replicas);
          expect(journal.length).toBeLessThan(200);
        }
        const { records } = await store.readAll();
        const byId = (all: readonly { registration: string }[]) => new Map(all.map((one) => [one.registration, one]));
        const whole = fold(...journal);
        const said = (folded: JournalFold) => byId(folded.changes().map((change) => change.record as typeof first));
        expect(whole.repairs()).toEqual([]);
        expect(said(whole)).toEqual(byId(records));
        const newest = new Map(journal.map((one) => [(one.change.record as typeof first).registration, one]));
        const compacted = journal.filter((one) => newest.get((one.change.record as typeof first).registration) === one);
        expect(said(fold(...compacted))).toEqual(byId(records));
        const held = records.filter(({ state }) => state !== 'ended').map(({ destination }) => destination.prefix);
        expect(new Set(held).size).toBe(held.length);
        expect(held.filter((one) => held.some((other) => other.startsWith(`${one}/`)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
