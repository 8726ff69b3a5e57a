import { describe, expect, it } from '@jest/globals';
import { shortestFailing, signsOf } from './shrink.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const needs =
  (...culprits: readonly number[]) =>
  (part: readonly number[]) =>
    Promise.resolve(culprits.every((one) => part.includes(one)));
const plenty = { runsMax: 1_000 };

describe('shrinking a failing sequence', () => {
  it('finds_the_faults_that_it_takes_and_leaves_out_all_others', async () => {
    const found = await shortestFailing(upTo(16), needs(3, 11), plenty);
    expect(found).toMatchObject({ shortest: [3, 11], outcome: 'minimal' });
    expect(found.runs).toBeLessThan(40);
  });

  it('finds_the_one_fault_of_the_36_of_five_minutes_within_14_runs', async () => {
    for (const culprit of upTo(36)) {
      const { shortest, runs } = await shortestFailing(upTo(36), needs(culprit), plenty);
      expect(shortest).toEqual([culprit]);
      expect(runs).toBeLessThanOrEqual(14);
    }
  });

  it('keeps_all_of_a_sequence_that_fails_only_as_a_whole', async () => {
    const whole = await shortestFailing(upTo(3), async (part) => part.length === 3, plenty);
    expect(whole).toMatchObject({ shortest: [1, 2, 3], outcome: 'minimal' });
  });

  // One pass is not enough in either direction: 1 can be left out only once 5 is gone, and 7 once 3 is.
  it('leaves_out_also_what_could_be_left_out_only_after_something_else', async () => {
    const has = (part: readonly number[], one: number) => part.includes(one);
    const fails = async (part: readonly number[]) =>
      [2, 4, 6].every((one) => has(part, one)) && (has(part, 1) || !has(part, 5)) && (has(part, 7) || !has(part, 3));
    expect((await shortestFailing(upTo(7), fails, plenty)).shortest).toEqual([2, 4, 6]);
  });

  it('ends_with_a_sequence_of_which_nothing_can_be_left_out_whichever_two_sets_of_faults_each_make_it_fail', async () => {
    const sets = upTo(6).flatMap((a) => upTo(6).flatMap((b) => upTo(6).map((c) => [a, b, c])));
    for (const [at, one] of sets.entries()) {
      const ways = [one, sets[(at * 31 + 7) % sets.length]!];
      const fails = async (part: readonly number[]) => ways.some((way) => way.every((fault) => part.includes(fault)));
      const { shortest, outcome, runs } = await shortestFailing(upTo(6), fails, plenty);
      expect(outcome).toBe('minimal');
      expect(await fails(shortest)).toBe(true);
      expect(runs).toBeLessThanOrEqual(6 * 6);
      for (const fault of shortest) expect(await fails(shortest.filter((other) => other !== fault))).toBe(false);
    }
  });

  it('stops_at_the_cap_with_the_shortest_that_was_seen_to_fail', async () => {
    const played: (readonly number[])[] = [];
    const onRun = (run: number, part: readonly number[]) => {
      played.push(part);
      expect(run).toBe(played.length);
    };
    const found = await shortestFailing(upTo(16), needs(3, 11), { runsMax: 7, onRun });
    expect(found).toMatchObject({ runs: 7, outcome: 'capped' });
    expect(played).toHaveLength(7);
    expect(found.shortest.length).toBeLessThan(16);
    expect(await needs(3, 11)(found.shortest)).toBe(true);
    expect(await shortestFailing(upTo(4), needs(1), { runsMax: 0 })).toMatchObject({ runs: 0, outcome: 'capped' });
  });

  it('plays_nothing_twice_that_passed_and_the_sequences_without_their_end_first', async () => {
    const played: string[] = [];
    const fails = (part: readonly number[]) => {
      played.push(part.join());
      return needs(1, 4)(part);
    };
    await shortestFailing(upTo(4), fails, plenty);
    expect(played.slice(0, 3)).toEqual(['1,2,3,4', '1,2', '3,4']);
    const passed = played.filter((part) => !/^1,.*4$/.test(part));
    expect(new Set(passed).size).toBe(passed.length);
  });

  it('says_of_a_failure_that_does_not_come_again_that_it_is_flaky_and_shrinks_nothing', async () => {
    const once = await shortestFailing(upTo(8), async () => false, plenty);
    expect(once).toEqual({ shortest: upTo(8), runs: 1, outcome: 'flaky' });
  });

  it('says_of_a_short_sequence_that_failed_and_then_did_not_that_it_is_flaky', async () => {
    let alone = 0;
    const fails = async (part: readonly number[]) => part.includes(2) && (part.length > 1 || ++alone === 1);
    expect(await shortestFailing(upTo(8), fails, plenty)).toMatchObject({ shortest: [2], outcome: 'flaky' });
  });

  it('hands_on_that_somebody_ended_it', async () => {
    await expect(shortestFailing(upTo(2), () => Promise.reject(new Error('Ended')), plenty)).rejects.toThrow('Ended');
  });
});

describe('a failure', () => {
  const counts = { lost: 0, duplicated: 0, misrouted: 0, misjudged: 0, invalid: 0, wentBack: 0 };
  const result = (changes: object) => ({
    verdict: { events: 1, delivered: 1, rejected: 0, wrong: [], ...counts, ...changes },
    ...{ late: true, failed: ['1. kill: no'], blind: [] },
  });

  it('is_known_again_by_what_went_wrong_with_events_and_only_else_by_the_rest', () => {
    expect(signsOf(result({ lost: 3, wentBack: 1 }))).toEqual(['lost', 'wentBack']);
    expect(signsOf(result({}))).toEqual(['late', 'not made or healed']);
    expect(signsOf({ ...result({}), late: false, failed: [] })).toEqual([]);
  });
});
