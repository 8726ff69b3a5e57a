import { expect, it } from '@jest/globals';
import { countsByKind, freshnessOf, longestRecovery, unseenAllowedMs } from './figures.ts';

const passage = (appendedAt: number, createdAt: number) => ({ account: 'A', appendedAt, createdAt });

it('freshness_is_from_the_append_to_the_object', () => {
  const passages = Array.from({ length: 100 }, (_, at) => passage(0, (at + 1) * 1_000));
  expect(freshnessOf(passages)).toEqual({ events: 100, p50: 51, p99: 100, max: 100 });
  expect(freshnessOf([])).toEqual({ events: 0, p50: 0, p99: 0, max: 0 });
});

it('recovery_is_until_the_last_event_that_was_sent_before_the_healing', () => {
  const fault = { index: 1, kind: 'kill', title: 'kill consumer-1', beganAt: 1_000, healedAt: 2_000 };
  const other = { ...fault, title: 'kill flusher-1', healedAt: 4_000 };
  const passages = [passage(500, 1_500), passage(1_900, 7_000), passage(2_100, 30_000)];
  expect(longestRecovery([fault], passages)).toEqual({ seconds: 5, after: 'kill consumer-1' });
  expect(longestRecovery([fault, other], passages)).toEqual({ seconds: 26, after: 'kill flusher-1' });
  expect(countsByKind([fault, other])).toEqual({ kill: 2 });
});

it('after_healing_nothing_may_be_missing_for_longer_than_two_windows_a_session_and_the_pauses_of_who_tries_again', () => {
  const patience = { windowMs: 5_000, sessionMs: 10_000, retryPauseMs: 8_000, redeliveryPauseMs: 0 };
  expect(unseenAllowedMs(patience)).toBe(28_000);
  expect(unseenAllowedMs({ ...patience, redeliveryPauseMs: 15_000 })).toBe(43_000);
});
