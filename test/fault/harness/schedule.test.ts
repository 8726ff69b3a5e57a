import { describe, expect, it } from '@jest/globals';
import { faultNames, type ScheduleOptions, scheduleOf, titleOf } from './schedule.ts';

const options: ScheduleOptions = { seed: 7, faultMs: 300_000, tenants: 8, eventClasses: 6, sessionMs: 10_000 };

describe('the sequence of faults', () => {
  it('follows_from_its_seed_alone', () => {
    expect(scheduleOf(options)).toEqual(scheduleOf({ ...options }));
    expect(scheduleOf(options)).not.toEqual(scheduleOf({ ...options, seed: 8 }));
  });

  it('has_every_kind_in_five_minutes', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const kinds = new Set(scheduleOf({ ...options, seed }).map(({ kind }) => kind));
      expect([...kinds].sort()).toEqual([...faultNames].sort());
    }
  });

  it('begins_in_order_and_within_its_time', () => {
    const times = scheduleOf(options).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...times)).toBeLessThan(300_000);
  });

  it('keeps_to_the_wanted_kinds', () => {
    const planned = scheduleOf({ ...options, only: ['zombie'] });
    expect(new Set(planned.map(({ kind }) => kind))).toEqual(new Set(['zombie']));
    expect(planned.every(({ forMs }) => forMs > options.sessionMs)).toBe(true);
  });

  it('lets_a_zombie_stand_still_for_a_minute_in_long_runs_and_for_little_more_than_its_session_in_short_ones', () => {
    const seeds = Array.from({ length: 10 }, (_, at) => at + 1);
    const lengths = (faultMs: number) =>
      seeds.flatMap((seed) => scheduleOf({ ...options, seed, faultMs, only: ['zombie'] }).map(({ forMs }) => forMs));
    const long = lengths(300_000).filter((forMs) => forMs === 60_000);
    expect(long.length).toBeGreaterThan(100);
    expect(long.length).toBeLessThan(260);
    expect(Math.max(...lengths(60_000))).toBeLessThanOrEqual(18_000);
  });

  it('says_of_each_what_is_done_to_whom', () => {
    const lake = { kind: '503', call: 'PutObject', tenant: 2 } as const;
    expect(titleOf({ index: 1, kind: 'lake-tenant', atMs: 0, forMs: 0, lake })).toBe(
      'lake-tenant PutObject 503 of customer 3',
    );
    expect(titleOf({ index: 2, kind: 'kill', atMs: 0, forMs: 0, replica: 'flusher-2' })).toBe('kill flusher-2');
    expect(titleOf({ index: 3, kind: 'zombie', atMs: 0, forMs: 60_000, replica: 'consumer-1' })).toBe(
      'zombie consumer-1 for 60 s',
    );
  });
});
