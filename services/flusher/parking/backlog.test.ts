import { expect, it } from '@jest/globals';
import { Backlog } from './backlog.ts';

const keyOf = (at: number) =>
  `parked/ocsf.file-activity/0/111111111111/0123456789ab/${String(at).padStart(16, '0')}-${'0'.repeat(32)}.parquet`;

// The story: an operator ordered a lane of a hundred thousand to be tried again. Each was looked for among all that were
// listed before it, and the thread that sends heartbeats was busy for minutes.
it('goes by a listing of a hundred thousand ordered objects within the time between two heartbeats', () => {
  const backlog = new Backlog();
  const entries = Array.from({ length: 100_000 }, (_, at) => ({ key: keyOf(at), bytes: 1, ordered: true }));
  backlog.beginListing();
  const startedAt = performance.now();
  backlog.accept(entries, { objects: entries.length, bytes: entries.length }, 0);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect([...backlog.lanes].map(({ waiting }) => [waiting.length, waiting[0]!.key])).toEqual([[100_000, keyOf(0)]]);
});

it('keeps the order of keys, and what was parked while the listing went on', () => {
  const backlog = new Backlog();
  const parked = (at: number) => ({ key: keyOf(at), bytes: 1, facts: undefined, vouched: true });
  const lane = backlog.add('111111111111/0123456789ab', parked(5));
  backlog.beginListing();
  backlog.add(lane.name, parked(3));
  const entries = [4, 5].map((at) => ({ key: keyOf(at), bytes: 1, ordered: false }));
  backlog.accept(entries, { objects: 3, bytes: 3 }, 0);
  expect(lane.waiting.map(({ key, vouched }) => [key, vouched])).toEqual([
    [keyOf(3), true],
    [keyOf(4), false],
    [keyOf(5), true],
  ]);
});
