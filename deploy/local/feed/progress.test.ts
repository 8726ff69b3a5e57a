import { expect, it } from '@jest/globals';
import { countFed, countSkipped, emptyCounts, progressLine, progressTable, skippedTable } from './progress.ts';

const entry = { uuid: 'u', time: 1, fate: 'delivered', topic: 't', partition: 0, offset: 0 } as const;

it('shows_events_per_class_and_second_and_the_share_of_what_is_expected', () => {
  const counts = emptyCounts();
  countFed(counts, Array(3000).fill({ ...entry, eventClass: 'file-activity' }));
  countFed(counts, Array(1000).fill({ ...entry, eventClass: 'dns-activity' }));
  expect(progressLine(counts, 2000)).toBe('4,000 events in 2 s, 2,000/s');
  const table = progressTable(counts, 2000, 8000);
  expect(table).toMatch(/file-activity +3,000 +1,500\/s {2}█{30}\n/);
  expect(table).toMatch(/dns-activity +1,000 +500\/s {2}█{10}\n/);
  expect(table).toMatch(/4,000 events in 2 s, 2,000\/s \(50 %\)$/);
});

it('shows_what_was_skipped_most_first', () => {
  const counts = emptyCounts();
  countSkipped(counts, 'A 1: rare');
  countSkipped(counts, 'B 2: often');
  countSkipped(counts, 'B 2: often');
  expect(
    skippedTable(counts)
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual(['2  B 2: often', '1  A 1: rare']);
});
