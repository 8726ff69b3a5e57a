import { expect, it } from '@jest/globals';
import { blindSpots } from './blind-spots.ts';
import type { SentEvent } from './producer.ts';
import { type Evidence, verdictOf } from './verdict.ts';

const accounts = ['A', 'B'];
const events = accounts.flatMap((account) =>
  ['1', '2', '3'].map((at): SentEvent => {
    const eventClass = 'dns-activity';
    return { uuid: account + at, account, eventClass, fate: 'delivered', acknowledged: at !== '1' };
  }),
);
const evidence: Evidence = {
  isRegistered: (account) => accounts.includes(account ?? ''),
  sent: new Map(events.map((event) => [event.uuid, event])),
  logged: events.map(({ uuid }) => ({ uuid, source: uuid, appendedAt: 0 })),
  rows: events.map(({ uuid, account, eventClass }) => {
    return { uuid, account: account!, eventClass, object: `lake-${account}/one.parquet` };
  }),
  ...{ rejections: [], invalid: [], createdTwice: [], wentBack: [] },
};

it('the_checker_sees_an_object_removed_doubled_and_put_into_anothers_lake', () => {
  expect(verdictOf(evidence)).toMatchObject({ lost: 0, duplicated: 0, misrouted: 0, wrong: [] });
  expect(blindSpots(evidence)).toEqual([]);
});

it.each([
  ['lost', 3],
  ['duplicated', 2],
  ['misrouted', 2],
] as const)('a_checker_that_is_blind_for_what_is %s is_found_out', (what, spots) => {
  expect(blindSpots(evidence, (spoilt) => ({ ...verdictOf(spoilt), [what]: 0 }))).toHaveLength(spots);
});

it('a_run_that_delivered_nothing_proves_nothing', () => {
  expect(blindSpots({ ...evidence, rows: [] })).toEqual(['nothing was delivered']);
});
