import { expect, it } from '@jest/globals';
import { createMetrics } from '@tributary/service';
import type { OwnedPartition } from '../partition.ts';
import { countParked } from './parked-metrics.ts';

const owned = { eventClass: 'file-activity', redelivery: { totals: { objects: 3, bytes: 70, oldestMs: 9_000 } } };

it('says that nothing is parked of a class whose last partition has gone to another flusher', async () => {
  const metrics = createMetrics();
  const parked = async () => [
    ...(await metrics.page()).matchAll(/^tributary_flusher_parked_\w+{event_class="file-activity"} (\d+)$/gm),
  ];
  countParked([owned, owned] as unknown as OwnedPartition[], metrics);
  expect((await parked()).map(([, value]) => value)).toEqual(['6', '140', '9']);
  countParked([], metrics);
  expect((await parked()).map(([, value]) => value)).toEqual(['0', '0', '0']);
});
