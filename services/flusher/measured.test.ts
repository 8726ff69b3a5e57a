import { expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { createMetrics } from '@tributary/service';
import { measuredLake } from './measured.ts';

const request = { destination: {} as never, externalId: '1', key: 'k', body: new Uint8Array(7) };

it('measures_each_try_to_put_an_object_and_answers_what_the_lake_answers', async () => {
  const metrics = createMetrics();
  let time = 0;
  const answers = [{ outcome: 'created' as const }, new Fault('put-refused'), { outcome: 'already-there' as const }];
  const put = async () => {
    time += 2_000;
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const lake = measuredLake({ put, close() {} }, { metrics, elapsed: () => time });
  expect(await lake.put(request)).toEqual({ outcome: 'created' });
  await expect(lake.put(request)).rejects.toThrow('refused');
  expect(await lake.put(request)).toEqual({ outcome: 'already-there' });
  const page = await metrics.page();
  for (const outcome of ['created', 'failed', 'already_there'])
    expect(page).toContain(`tributary_flusher_put_seconds_sum{outcome="${outcome}"} 2`);
  expect(page).toContain('tributary_flusher_put_bytes_total 7');
});
