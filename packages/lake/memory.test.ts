import { expect, it } from '@jest/globals';
import type { Destination } from '@tributary/schemas/registration.ts';
import { lakeContract } from './lake.contract.ts';
import { createMemoryLake } from './memory.ts';

const destination: Destination = {
  providerAccountID: '111122223333',
  bucketName: 'aws-security-data-lake-us-east-1-abc',
  prefix: 'ext/tributary-file/1.0',
  roleARN: 'arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-tributary-file-us-east-1',
};
const externalId = '000000000001';

function admitted() {
  const lake = createMemoryLake();
  lake.admit(destination, externalId);
  return lake;
}
const request = { destination, externalId, key: `${destination.prefix}/a.parquet`, body: new Uint8Array([1]) };

lakeContract('memory', async () => {
  const lake = admitted();
  return {
    lake,
    destination,
    externalId,
    read: async (bucketName, key) => lake.objects.get(`${bucketName}/${key}`),
    close: async () => lake.close(),
  };
});

it('plays_a_refusal_as_often_as_told_and_writes_nothing', async () => {
  const lake = admitted();
  lake.play({ what: 'refuse', fault: 'lake-throttled' }, 2);
  await expect(lake.put(request)).rejects.toMatchObject({ code: 'lake-throttled' });
  await expect(lake.put(request)).rejects.toMatchObject({ code: 'lake-throttled' });
  expect(lake.objects.size).toBe(0);
  expect(await lake.put(request)).toEqual({ outcome: 'created' });
});

it('has_written_when_it_loses_the_answer', async () => {
  const lake = admitted();
  lake.play({ what: 'lose-answer', fault: 'lake-unavailable' });
  await expect(lake.put(request)).rejects.toMatchObject({ code: 'lake-unavailable' });
  expect(await lake.put(request)).toEqual({ outcome: 'already-there' });
});

it('holds_one_customers_put_until_released_while_others_go_on', async () => {
  const lake = admitted();
  const held = lake.hold(1, ({ key }) => key === request.key);
  const first = lake.put(request);
  await held.reached;
  expect(await lake.put({ ...request, key: `${destination.prefix}/b.parquet` })).toEqual({ outcome: 'created' });
  held.release();
  expect(await first).toEqual({ outcome: 'created' });
});

it('gives_a_held_put_up_when_its_signal_aborts', async () => {
  const lake = admitted();
  const held = lake.hold();
  const stop = new AbortController();
  const put = lake.put({ ...request, signal: stop.signal });
  await held.reached;
  stop.abort(new Error('stop'));
  await expect(put).rejects.toThrow('stop');
  expect(lake.objects.size).toBe(0);
});
