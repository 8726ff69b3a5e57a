import { describe, expect, it } from '@jest/globals';
import { type Lake, windowBudgetMs } from '@tributary/lake';
import { Fault } from '@tributary/schemas/faults.ts';
import { decodeHandoffState } from '../offset-metadata.ts';
import { accounts, Scene, settled } from '../owned.fixture.ts';
import type { StoreAnswer } from '../partition.ts';
import { patientStore } from '../patient-store.ts';
import { renewAfterMs } from '../proof.ts';
import { store } from './store.ts';

const [refused, other] = accounts;
const refusal: StoreAnswer = { outcome: 'refused', fault: new Fault('put-refused'), certain: true };

/** Lakes of which `refused`'s takes `ms` for each object and stops when told so: time passes in which nothing else happens. */
function slowLake(scene: Scene, ms: number) {
  const taken: { readonly externalId: string; readonly atMs: number }[] = [];
  const underWay: (() => void)[] = [];
  const lake: Lake = {
    close: () => undefined,
    async put({ externalId }) {
      if (externalId === refused) {
        await new Promise<void>((resolve) => {
          // The first of those that go on at once lets the time of all of them pass.
          if (underWay.push(resolve) === 1)
            void settled().then(() => {
              scene.now += ms;
              for (const end of underWay.splice(0)) end();
            });
        });
      }
      taken.push({ externalId, atMs: scene.elapsed });
      return { outcome: 'created' };
    },
  };
  return { lake, taken };
}

/** The cut of five messages that is journalled, and what is written with each new proof. */
function takeProofs(scene: Scene, fault?: Fault) {
  const journalled: [number, string][] = [];
  scene.owned.cut = { offset: 1_005, partRows: 1_000 };
  scene.owned.committer = {
    commit: async (offset: number, metadata: string) => {
      if (fault) throw fault;
      journalled.push([offset, metadata]);
    },
  } as never;
  return journalled;
}

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

  // The story: a lake took 20 s for each of 200 objects and refused none. Its partition waited for a quarter of an hour,
  // found that it might not be the owner any more, and began again.
  it('gives a lake that is slow and never refuses a minute of the window, parks the rest, and delays nobody', async () => {
    const scene = new Scene();
    const { lake, taken } = slowLake(scene, 20_000);
    Object.assign(scene.owned.parts, { store: patientStore(lake, { now: () => scene.elapsed, random: () => 0.5 }) });
    scene.owned.encoded = [
      ...Array.from({ length: 200 }, (_, at) => scene.object(refused, at)),
      scene.object(other, 500),
    ];
    const beganAt = scene.elapsed;
    await store(scene.owned);
    expect(scene.elapsed - beganAt).toBe(windowBudgetMs);
    expect(taken.filter(({ externalId }) => externalId === other).map(({ atMs }) => atMs - beganAt)).toEqual([0]);
    expect(taken.filter(({ externalId }) => externalId === refused)).toHaveLength(12);
    expect(scene.parked).toHaveLength(188);
    expect(new Set(scene.outcomes)).toEqual(new Set(['delivered', 'parked lake-slow']));
  });

  it('proves while it takes long that the partition is ours, and goes on', async () => {
    const scene = new Scene();
    const journalled = takeProofs(scene);
    const slow = Promise.withResolvers<undefined>();
    scene.answer = () => slow.promise;
    scene.owned.encoded = Array.from({ length: 5 }, (_, at) => scene.object(refused, at));
    const stored = store(scene.owned);
    for (let minutes = 0; minutes < 60; minutes++) {
      scene.now += 60_000;
      scene.owned.changed.notify();
      await settled();
    }
    slow.resolve(undefined);
    await stored;
    expect(scene.lake.size).toBe(5);
    expect(journalled).toHaveLength(12);
    const [offset, metadata] = journalled[0]!;
    expect(offset).toBe(1_000);
    expect(decodeHandoffState(metadata)).toMatchObject({ incarnation: '0123456789abcdef', cut: { offset: 1_005 } });
  });

  it('stops all that is under way, and commits nothing, when somebody else turns out to own the partition', async () => {
    const scene = new Scene();
    takeProofs(scene, new Fault('fenced'));
    const signals: AbortSignal[] = [];
    scene.answer = ({ signal }) => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    scene.owned.encoded = [scene.object(refused, 1), scene.object(other, 2)];
    const stored = store(scene.owned);
    await settled();
    scene.now += renewAfterMs;
    scene.owned.changed.notify();
    await expect(stored).rejects.toMatchObject({ code: 'fenced' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect([scene.owned.durable, scene.receipts, scene.parked]).toEqual([undefined, [], []]);
  });

  it('is not taken for one that may be a zombie because the clock was set forward', async () => {
    const scene = new Scene();
    scene.owned.encoded = [scene.object(refused, 5)];
    scene.setClock(3_600_000);
    await store(scene.owned);
    expect(scene.lake.size).toBe(1);
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
