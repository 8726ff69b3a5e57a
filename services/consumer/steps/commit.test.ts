import { expect, it } from '@jest/globals';
import type { Batch } from '../batch.ts';
import { commit } from './commit.ts';

const record = { offset: 7, key: null, value: null, headers: {}, timestamp: 1 };

it('moves_no_offset_when_the_fates_do_not_add_up_to_the_events', async () => {
  const committed: unknown[] = [];
  const batch = {
    ...{ topic: 'agent.dns-activity', partition: 0, eventClass: 'dns-activity' },
    ...{ records: [record, { ...record, offset: 8 }, { ...record, offset: 9 }] },
    ...{ rowsPublished: 1, rejected: [], dropped: new Map([['unsubscribed', 1]]) },
    neighbours: { member: { commit: async (offset: unknown) => committed.push(offset) } },
  } as unknown as Batch;
  await expect(commit(batch)).rejects.toMatchObject({ code: 'unaccounted' });
  expect(committed).toEqual([]);
});
