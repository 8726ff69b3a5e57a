import { expect, it } from '@jest/globals';
import { createMetrics } from '@tributary/service';
import { Collector } from '../collector.ts';
import { Marks } from '../marks.ts';
import { decodeHandoffState } from '../offset-metadata.ts';
import type { OwnedPartition } from '../partition.ts';
import { commit } from './commit.ts';

// A lake that refused took the tries of half a minute. The rows of the other customers that had arrived meanwhile waited
// for the end of an interval that began with the commit: for two windows, where one is promised.
it('the_next_window_has_been_open_since_the_cut_however_long_its_puts_took', async () => {
  const committed: string[] = [];
  const owned = {
    eventClass: 'file-activity',
    parts: { now: () => 62_000, elapsed: () => 32_000, metrics: createMetrics() },
    incarnation: '0123456789abcdef',
    collector: new Collector(5, Marks.none),
    committer: { commit: async (_: number, metadata: string) => void committed.push(metadata) },
    durable: { upTo: 5 },
    cutAt: 30_000,
    cutSince: 0,
    openedAt: 1_000,
    parked: [],
    redelivery: { add: () => {} },
  } as unknown as OwnedPartition;
  await commit(owned);
  expect(owned).toMatchObject({ openedAt: 30_000, provenAt: 32_000, cut: undefined });
  expect(decodeHandoffState(committed[0]!).openedAt).toBe(30_000);
});
