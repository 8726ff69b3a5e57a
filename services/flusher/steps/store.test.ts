import { describe, expect, it } from '@jest/globals';
import { Fault } from '@tributary/schemas/faults.ts';
import { accounts, Scene, settled } from '../owned.fixture.ts';
import type { StoreAnswer } from '../partition.ts';
import { store } from './store.ts';

const [refused, other] = accounts;
const refusal: StoreAnswer = { outcome: 'refused', fault: new Fault('put-refused'), certain: true };

describe('storing a window', () => {
  it('parks what one lake refuses, the rest of that window straight after it, and delivers to the others', async () => {
    const scene = new Scene();
    scene.answer = ({ externalId }) => (externalId === refused ? refusal : undefined);
    const objects = Array.from({ length: 40 }, (_, at) => scene.object(at % 2 ? refused : other, at));
    scene.owned.encoded = objects;
    await store(scene.owned);
    expect(scene.lake.size).toBe(20);
    expect(scene.parked).toHaveLength(20);
    // Four at once had begun; nobody asks again after the first refusal.
    expect(scene.puts.filter(({ externalId }) => externalId === refused).length).toBeLessThanOrEqual(4);
    expect(scene.owned.durable).toEqual({ upTo: 1_000 });
    const receipt = scene.receipts.find(({ outcome }) => outcome === 'parked')!;
    expect(receipt).toMatchObject({ fault: 'put-refused', bucketName: `lake-of-${refused}`, rows: 3 });
    expect(receipt.nextTry).toBe(scene.now + 30_000);
    expect(receipt.objectKey).toMatch(/^ext\/file\/region=us-east-1\/accountId=external_1{12}\/eventDay=20260102\//);
  });

  it('writes down with a parked object whatever its delivery needs', async () => {
    const scene = new Scene();
    scene.answer = () => refusal;
    const object = scene.object(refused, 5);
    scene.owned.encoded = [object];
    await store(scene.owned);
    const [key, parked] = [...scene.parking.objects][0]!;
    expect(key).toMatch(
      /^parked\/ocsf\.file-activity\/0\/1{12}\/[0-9a-f]{12}\/0000000000000005-[0-9a-f]{32}\.parquet$/,
    );
    expect(parked.facts).toMatchObject({
      destination: { bucketName: `lake-of-${refused}` },
      sha256: object.parquet.sha256,
      incarnation: '0123456789abcdef',
      offsets: [5, 5],
    });
  });

  it('parks the same object once, however often its cut is redone', async () => {
    const scene = new Scene();
    scene.answer = () => refusal;
    for (let at = 0; at < 3; at++) {
      scene.owned.encoded = [scene.object(refused, 5)];
      await store(scene.owned);
    }
    expect(scene.parked).toHaveLength(1);
  });

  it('waits with the window while our own bucket is away too, says so, and loses nothing', async () => {
    const scene = new Scene();
    scene.answer = () => refusal;
    scene.parking.away = true;
    scene.owned.encoded = [scene.object(refused, 5)];
    const stored = store(scene.owned);
    await settled();
    expect(scene.owned.durable).toBeUndefined();
    expect(scene.owned.parkingFault?.message).toMatch(/Our own bucket for parked objects does not answer/);
    scene.parking.away = false;
    await stored;
    expect(scene.owned.parkingFault).toBeUndefined();
    expect(scene.parked).toHaveLength(1);
  });

  it('puts and parks nothing as an owner that last proved long ago that it is one', async () => {
    const scene = new Scene();
    scene.owned.encoded = [scene.object(refused, 5)];
    scene.now += 16 * 60_000;
    await expect(store(scene.owned)).rejects.toMatchObject({ code: 'ownership-stale' });
    expect([scene.puts.length, scene.parking.objects.size]).toEqual([0, 0]);
  });

  // The story: one object found that its owner was stale, the window was thrown away, and the others went on beside the redo.
  it('fails only when nothing of the window goes on any more', async () => {
    const scene = new Scene();
    const slow = Promise.withResolvers<undefined>();
    scene.answer = ({ externalId }) => {
      if (externalId === other) return slow.promise;
      throw new Fault('ownership-stale');
    };
    scene.owned.encoded = [scene.object(refused, 5), scene.object(other, 6)];
    let hasFailed = false;
    const stored = store(scene.owned).catch((error) => {
      hasFailed = true;
      return error;
    });
    await settled();
    expect(hasFailed).toBe(false);
    slow.resolve(undefined);
    expect(await stored).toMatchObject({ code: 'ownership-stale' });
    expect(scene.owned.durable).toBeUndefined();
    expect(scene.receipts).toEqual([]);
  });

  it('waits with rows whose registration is not known, and drops those of an ended one with a receipt', async () => {
    const scene = new Scene();
    const record = scene.records.get(`${refused}/file-activity`)!;
    scene.records.delete(record.registration);
    scene.owned.encoded = [scene.object(refused, 5)];
    const stored = store(scene.owned);
    await settled();
    expect(scene.receipts).toEqual([]);
    scene.records.set(record.registration, { ...record, state: 'ended' });
    await stored;
    expect(scene.outcomes).toEqual(['dropped registration-ended']);
  });
});
