import { describe, expect, it } from '@jest/globals';
import { changesKept } from '@tributary/schemas/redis/keys.ts';
import type { RegistrationRecord } from '@tributary/schemas/registration.ts';
import fc from 'fast-check';
import {
  earlierGenerationsMax,
  end,
  move,
  register,
  setPaused,
  supersededKeptMs,
  TooManyGenerations,
} from './changes.ts';
import { decodeChange, encodeChange, journalKey } from './journal.ts';
import { ofApiKey, ofRegistration, sampleApiKey, sampleDestination, sampleRegistration } from './samples.fixture.ts';

const account = '123456789012';
const request = (prefix: string, ocsfVersion: '1.1.0' | '1.3.0' = '1.1.0') => ({
  account,
  eventClass: 'file-activity' as const,
  destination: sampleDestination(prefix),
  ocsfVersion,
});
const at = (ms: number) => new Date(ms);

describe('the rules of change', () => {
  it('starts_with_generation_one', () => {
    expect(register(undefined, request('ext/a'), at(5))).toMatchObject({
      registration: '123456789012/file-activity',
      state: 'active',
      generation: 1,
      earlier: [],
      createdAt: '1970-01-01T00:00:00.005Z',
    });
  });

  it('answers_the_same_record_to_the_same_request', () => {
    const first = register(undefined, request('ext/a'), at(5));
    expect(register(first, request('ext/a'), at(6))).toBe(first);
  });

  it('keeps_the_superseded_destination_when_the_destination_or_the_ocsf_version_changes', () => {
    const first = register(undefined, request('ext/a'), at(5));
    const second = register(first, request('ext/b'), at(6));
    const third = register(second, request('ext/b', '1.3.0'), at(7));
    expect(third).toMatchObject({ generation: 3, createdAt: first.createdAt, changedAt: at(7).toISOString() });
    expect(third.earlier).toEqual([
      { generation: 1, state: 'superseded', destination: sampleDestination('ext/a'), until: at(6).toISOString() },
      { generation: 2, state: 'superseded', destination: sampleDestination('ext/b'), until: at(7).toISOString() },
    ]);
  });

  it('keeps_the_generation_of_an_end_and_raises_it_with_the_next_start', () => {
    const ended = end(register(undefined, request('ext/a'), at(5)), at(6));
    expect(ended).toMatchObject({ state: 'ended', generation: 1, changedAt: at(6).toISOString() });
    expect(end(ended, at(7))).toBe(ended);
    const again = register(ended, request('ext/a'), at(8));
    expect(again).toMatchObject({ state: 'active', generation: 2, earlier: [{ generation: 1, state: 'ended' }] });
  });

  it('keeps_the_destination_that_was_moved_away_from_and_the_pause', () => {
    const first = setPaused(register(undefined, request('ext/a'), at(5)), true, at(6));
    const moved = move(first, sampleDestination('ext/b'), at(7));
    expect(moved).toMatchObject({ state: 'paused', generation: 2, changedAt: at(7).toISOString() });
    expect(moved.earlier).toEqual([
      { generation: 1, state: 'superseded', destination: sampleDestination('ext/a'), until: at(7).toISOString() },
    ]);
    expect(move(moved, sampleDestination('ext/b'), at(8))).toBe(moved);
  });

  it('pauses_and_resumes_within_one_generation', () => {
    const first = register(undefined, request('ext/a'), at(5));
    const paused = setPaused(first, true, at(6));
    expect(paused).toEqual({ ...first, state: 'paused', changedAt: at(6).toISOString() });
    expect(setPaused(paused, true, at(7))).toBe(paused);
    expect(setPaused(paused, false, at(8))).toEqual({ ...first, changedAt: at(8).toISOString() });
  });

  it('never_lets_a_generation_fall_or_mean_two_destinations_whatever_is_asked', () => {
    const step = fc.oneof(fc.constant('end'), fc.constantFrom('ext/a', 'ext/b', 'ext/c'));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const meaning = new Map<number, string>();
        let record: RegistrationRecord | undefined;
        for (const [index, what] of steps.entries()) {
          const before = record;
          if (what !== 'end') record = register(record, request(what), at(index));
          else if (record !== undefined) record = end(record, at(index));
          if (record === undefined) continue;
          expect(record.generation).toBeGreaterThanOrEqual(before?.generation ?? 1);
          const known = [...record.earlier, { generation: record.generation, destination: record.destination }];
          expect(known.map(({ generation }) => generation)).toEqual(known.map((_, position) => position + 1));
          for (const { generation, destination } of known) {
            expect(meaning.get(generation) ?? destination.prefix).toBe(destination.prefix);
            meaning.set(generation, destination.prefix);
          }
        }
      }),
    );
  });

  it('forgets_only_ended_generations_and_only_the_oldest_beyond_the_limit', () => {
    let record = register(register(undefined, request('ext/a'), at(0)), request('ext/b'), at(0));
    for (let round = 0; round < earlierGenerationsMax + 5; round++) {
      record = register(end(record, at(round)), request('ext/b'), at(round));
    }
    expect(record.earlier).toHaveLength(earlierGenerationsMax);
    expect(record.earlier[0]).toMatchObject({ generation: 1, state: 'superseded' });
    expect(record.earlier[1]!.generation).toBeGreaterThan(2);
    expect(record.forgotten).toBeUndefined();
  });

  it('keeps_every_superseded_destination_that_may_still_be_needed_and_refuses_the_change_that_has_no_place', () => {
    let record = register(undefined, request('ext/a'), at(0));
    const move = (round: number, now: number) => {
      record = register(record, request(`ext/${round}`), at(now));
    };
    for (let round = 1; round <= earlierGenerationsMax; round++) move(round, round);
    expect(() => move(1_000, supersededKeptMs)).toThrow(TooManyGenerations);
    expect(record.earlier).toHaveLength(earlierGenerationsMax);
    move(1_000, supersededKeptMs + 1);
    expect(record).toMatchObject({ forgotten: 1, earlier: { length: earlierGenerationsMax } });
    expect(record.earlier[0]!.generation).toBe(2);
    // The stream of changes keeps 10,000 of them, and one customer can fill it within minutes.
    expect(JSON.stringify(record).length * changesKept).toBeLessThan(256 * 2 ** 20);
  });
});

describe('a journal record', () => {
  const read = (change: ReturnType<typeof encodeChange>) =>
    decodeChange({ offset: 3, key: Buffer.from(change.key), value: Buffer.from(change.value) });

  it('says_the_same_after_encoding_and_decoding', () => {
    for (const change of [ofRegistration(sampleRegistration(account)), ofApiKey(sampleApiKey)]) {
      expect(read(encodeChange(change))).toEqual(change);
    }
    expect(journalKey(ofApiKey(sampleApiKey))).toBe('apikey/key1');
  });

  it.each([
    ['a tombstone', '123456789012/file-activity', null],
    ['no JSON', '123456789012/file-activity', 'nonsense'],
    ['no object', '123456789012/file-activity', 'null'],
    ['an unknown event class', '123456789012/web-activity', JSON.stringify(sampleRegistration(account))],
    ['another key', '210987654321/file-activity', JSON.stringify(sampleRegistration(account))],
    ['another API key', 'apikey/other', JSON.stringify(sampleApiKey)],
  ])('refuses_%s_instead_of_stepping_over_it', (_what, key, value) => {
    const record = { offset: 3, key: Buffer.from(key), value: value === null ? null : Buffer.from(value) };
    expect(() => decodeChange(record)).toThrow(/offset 3 cannot be read/);
  });
});
