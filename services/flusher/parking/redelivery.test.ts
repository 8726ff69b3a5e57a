import { describe, expect, it } from '@jest/globals';
import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import { decodeParkedNote, movedAfterMs, parkedForMs } from '@tributary/schemas/lake/parked-object.ts';
import { accounts, destinationOf, recordOf, Scene, settled } from '../owned.fixture.ts';
import type { StoreAnswer } from '../partition.ts';
import { commit } from '../steps/commit.ts';
import { store } from '../steps/store.ts';

const [refused, other] = accounts;
const hourMs = 3_600_000;
const refusal = (code: FaultCode = 'put-refused'): StoreAnswer => ({
  outcome: 'refused',
  fault: new Fault(code),
  certain: code === 'put-refused',
});

/** A scene in which objects of `refused` are parked, committed, and refused until the test says otherwise. */
async function withParked(offsets: readonly number[], code: FaultCode = 'put-refused') {
  const scene = new Scene();
  const mood = { answer: refusal(code) as StoreAnswer | undefined };
  scene.answer = ({ externalId }) => (externalId === refused ? mood.answer : undefined);
  await window(scene, offsets);
  return { scene, mood };
}

/** One window with objects of `refused`, parked where its lake refuses, and committed. */
async function window(scene: Scene, offsets: readonly number[]) {
  const { owned } = scene;
  owned.encoded = offsets.map((offset) => scene.object(refused, offset));
  await store(owned);
  owned.committer = { commit: async () => {}, fence: async () => ({ metadata: '' }), close: async () => {} } as never;
  await commit(owned);
  await settled();
}

const deliveredOffsets = (scene: Scene) =>
  scene.receipts.filter(({ outcome }) => outcome === 'delivered').map(({ offsets }) => offsets[0]);

describe('redelivery of parked objects', () => {
  it('tries the oldest alone, with growing pauses, and says each time when it tries again', async () => {
    const { scene } = await withParked([3, 1, 2]);
    scene.puts.length = 0;
    const tried: number[] = [];
    const start = scene.now;
    for (let at = 0; at < 240; at++) {
      const before = scene.puts.length;
      await scene.after(5_000);
      if (scene.puts.length > before) tried.push((scene.now - start) / 1_000);
    }
    expect(tried).toEqual([30, 90, 210, 450, 750, 1050]);
    expect(new Set(scene.puts.map(({ key }) => key)).size).toBe(1);
    const last = scene.receipts.at(-1)!;
    expect(last).toMatchObject({ outcome: 'parked', fault: 'put-refused', offsets: [1, 1], rows: 3 });
    expect(last.nextTry).toBe(start + (1_050 + 300) * 1_000);
  });

  it('delivers all in order once the lake takes them, and deletes each after its receipt', async () => {
    const { scene, mood } = await withParked([3, 1, 2]);
    mood.answer = undefined;
    await scene.after(30_000);
    expect(deliveredOffsets(scene)).toEqual([1, 2, 3]);
    expect([scene.parked, scene.parking.notes.size, scene.lake.size]).toEqual([[], 0, 3]);
    const keys = (outcome: string) =>
      scene.receipts.filter((one) => one.outcome === outcome).map((one) => one.objectKey);
    expect(keys('delivered').sort()).toEqual(keys('parked').sort());
  });

  it('does the same again after a crash between receipt and deletion: 412, and the rows are there once', async () => {
    const { scene, mood } = await withParked([1]);
    mood.answer = undefined;
    const { remove } = scene.parking;
    scene.parking.remove = async () => {
      throw new Fault('parking-unavailable');
    };
    await scene.after(30_000);
    expect(scene.parked).toHaveLength(1);
    scene.parking.remove = remove;
    const next = scene.owner();
    await scene.after(60_000, next);
    expect(scene.lake.size).toBe(1);
    expect(scene.receipts.at(-1)).toMatchObject({ outcome: 'delivered', alreadyThere: true });
    expect(scene.parked).toEqual([]);
  });

  // The story: a cut was redone by another release, whose Parquet differs. The parked object was there already, and the
  // receipt of its delivery told the digest of bytes that nobody had written.
  it('tells the digest and the size of the bytes that lie there, which a redo by another release may not have made', async () => {
    const scene = new Scene();
    scene.answer = () => refusal();
    await window(scene, [1]);
    const first = scene.object(refused, 1);
    const next = scene.owner();
    next.encoded = [{ ...first, parquet: { bytes: Buffer.from('made by another release'), sha256: 'f'.repeat(64) } }];
    await store(next);
    next.committer = { commit: async () => {} } as never;
    await commit(next);
    scene.answer = () => undefined;
    await scene.after(60_000, next);
    expect(scene.receipts.at(-1)).toMatchObject({
      outcome: 'delivered',
      sha256: first.parquet.sha256,
      bytes: first.parquet.bytes.byteLength,
    });
  });

  it('keeps an object whose receipt could not be written, though it is in the lake', async () => {
    const { scene, mood } = await withParked([1]);
    mood.answer = undefined;
    scene.receiptsAway = true;
    await scene.after(30_000);
    expect([scene.lake.size, scene.parked.length]).toEqual([1, 1]);
    scene.receiptsAway = false;
    await scene.after(60_000);
    expect(scene.outcomes.at(-1)).toBe('delivered');
    expect([scene.lake.size, scene.parked.length]).toEqual([1, 0]);
  });

  it('lets new objects go to the lake while a backlog of it is still on its way', async () => {
    const { scene } = await withParked([1, 2, 3]);
    const second = Promise.withResolvers<undefined>();
    scene.answer = () => (scene.lake.size === 1 ? second.promise : undefined);
    await scene.after(30_000);
    expect([scene.lake.size, scene.parked.length]).toEqual([1, 2]);
    scene.answer = () => undefined;
    await window(scene, [9]);
    expect([scene.lake.size, scene.parked.length]).toEqual([2, 2]);
    second.resolve(undefined);
    await settled();
    expect([scene.lake.size, scene.parked.length]).toEqual([4, 0]);
  });

  it('lets new objects go straight to our bucket while the lake refuses, and to the lake as soon as it takes one', async () => {
    const { scene, mood } = await withParked([1]);
    scene.puts.length = 0;
    await window(scene, [5, 6, 7]);
    expect([scene.puts.length, scene.parked.length]).toEqual([0, 4]);
    mood.answer = undefined;
    await scene.after(30_000);
    await window(scene, [8]);
    expect([scene.parked, scene.lake.size]).toEqual([[], 5]);
  });

  // Were it tried again with the first that it takes, each of its windows would take the whole of its time.
  it('keeps new objects of a slow lake out of the windows until all that waits for it is delivered', async () => {
    const { scene, mood } = await withParked([1, 2], 'lake-slow');
    const second = Promise.withResolvers<undefined>();
    scene.answer = () => (scene.lake.size === 1 ? second.promise : undefined);
    await scene.after(30_000);
    await window(scene, [9]);
    expect([scene.lake.size, scene.parked.length]).toEqual([1, 2]);
    second.resolve(undefined);
    mood.answer = undefined;
    await scene.after(1_000);
    expect([scene.lake.size, scene.parked.length]).toEqual([3, 0]);
    await window(scene, [10]);
    expect([scene.lake.size, scene.parked.length]).toEqual([4, 0]);
  });

  it('waits no longer for its next try, or for orders, when the clock is set back', async () => {
    const { scene } = await withParked([1]);
    for (let at = 0; at < 6; at++) await scene.after(900_000);
    scene.setClock(-20 * hourMs);
    scene.puts.length = 0;
    await scene.after(1_000);
    expect(scene.puts).toHaveLength(1);
    scene.setClock(-20 * hourMs);
    await scene.parking.order(scene.parked[0]!, 'drop');
    await scene.after(60_000);
    expect(scene.outcomes.at(-1)).toBe('dropped parked-dropped');
  });

  it('costs others nothing while a lake hangs', async () => {
    const { scene } = await withParked([1]);
    scene.answer = ({ externalId }) => (externalId === refused ? new Promise<never>(() => {}) : undefined);
    await scene.after(30_000);
    scene.owned.encoded = [scene.object(other, 9)];
    await store(scene.owned);
    expect(scene.receipts.at(-1)).toMatchObject({ outcome: 'delivered', registration: `${other}/file-activity` });
    scene.release();
  });

  it('leaves alone what a window has parked that is not committed yet', async () => {
    const { scene } = await withParked([1]);
    const next = scene.owner();
    next.committed = 1;
    scene.puts.length = 0;
    await scene.after(hourMs, next);
    expect(scene.puts).toEqual([]);
    expect(scene.parked).toHaveLength(1);
  });

  it('goes on after a restart where it was, pauses included', async () => {
    const { scene } = await withParked([1]);
    await scene.after(30_000);
    await scene.after(60_000);
    scene.puts.length = 0;
    const next = scene.owner();
    await scene.after(5_000, next);
    expect(next.redelivery.refusal([...lanesOf(scene)][0]!)?.fault.code).toBe('put-refused');
    await scene.after(110_000, next);
    expect(scene.puts).toHaveLength(0);
    await scene.after(5_000, next);
    expect(scene.puts).toHaveLength(1);
  });

  it('waits while our own bucket is away, and loses nothing', async () => {
    const { scene, mood } = await withParked([1]);
    mood.answer = undefined;
    scene.parking.away = true;
    await scene.after(hourMs);
    expect(scene.lake.size).toBe(0);
    scene.parking.away = false;
    await scene.after(60_000);
    expect([scene.parked, scene.lake.size]).toEqual([[], 1]);
  });
});

const lanesOf = (scene: Scene) => new Set(scene.parked.map((key) => key.split('/').slice(3, 5).join('/')));
const noteOf = (scene: Scene) => decodeParkedNote([...scene.parking.notes.values()][0]!.text)!;
const moveTo = (scene: Scene, bucket: string) => {
  const record = recordOf(refused);
  const earlier = [{ generation: 1, state: 'superseded', destination: record.destination }] as const;
  scene.records.set(record.registration, {
    ...record,
    generation: 2,
    destination: destinationOf(refused, bucket),
    earlier,
  });
};

describe('a parked object whose customer has moved', () => {
  it('goes to the new bucket after an hour when every try was refused for certain', async () => {
    const { scene } = await withParked([1]);
    moveTo(scene, 'new');
    scene.answer = ({ destination }) => (destination.bucketName === 'new' ? undefined : refusal());
    await scene.after(movedAfterMs - 31_000);
    expect(scene.lake.size).toBe(0);
    await scene.after(900_000);
    expect([...scene.lake][0]).toMatch(/^new\//);
    expect(scene.receipts.at(-1)).toMatchObject({ outcome: 'delivered', bucketName: 'new', generation: 1 });
  });

  it('does so also under the next owner, because who parked it has vouched for it', async () => {
    const { scene } = await withParked([1]);
    expect(noteOf(scene)).toMatchObject({ tries: 0, certain: true });
    moveTo(scene, 'new');
    scene.answer = ({ destination }) => (destination.bucketName === 'new' ? undefined : refusal());
    await scene.after(movedAfterMs, scene.owner());
    expect([...scene.lake][0]).toMatch(/^new\//);
  });

  it.each([
    ['a try had an unknown outcome', 'lake-unavailable', false],
    ['its cut was redone, so that nobody knows of every try', 'put-refused', true],
  ] as const)('stays with the old bucket when %s', async (_, code, redone) => {
    const scene = new Scene();
    scene.owned.redone = redone;
    scene.answer = () => refusal(code);
    await window(scene, [1]);
    moveTo(scene, 'new');
    scene.puts.length = 0;
    for (let hours = 0; hours < 5; hours++) await scene.after(hourMs);
    expect(scene.puts.length).toBeGreaterThan(2);
    expect(new Set(scene.puts.map(({ destination }) => destination.bucketName))).toEqual(
      new Set([`lake-of-${refused}`]),
    );
    expect(noteOf(scene).certain).toBe(false);
  });

  // A zombie's put was refused; meanwhile the new owner's had an unknown outcome. Had the zombie written down that all was
  // refused, the rows would have gone to the new bucket too.
  it('stays with the old bucket when the refusal is that of a zombie, and a newer owner’s try is unknown', async () => {
    const { scene } = await withParked([1]);
    const zombie = Promise.withResolvers<StoreAnswer>();
    scene.answer = () => zombie.promise;
    await scene.after(30_000);
    scene.answer = () => refusal('lake-unavailable');
    const next = scene.owner();
    await scene.after(1_000, next);
    expect(noteOf(scene)).toMatchObject({ tries: 1, certain: false, fault: 'lake-unavailable' });
    zombie.resolve(refusal());
    await settled();
    expect(noteOf(scene)).toMatchObject({ tries: 1, certain: false, fault: 'lake-unavailable' });
  });

  it('counts a try as unknown from before it is made: a crash leaves it so', async () => {
    const { scene } = await withParked([1]);
    scene.answer = () => new Promise<never>(() => {});
    await scene.after(30_000);
    expect(noteOf(scene)).toMatchObject({ certain: false, trying: expect.any(String) });
    scene.release();
  });

  it('goes to the new bucket when an operator says so, whatever is unknown', async () => {
    const { scene } = await withParked([1], 'lake-unavailable');
    moveTo(scene, 'new');
    scene.answer = ({ destination }) => (destination.bucketName === 'new' ? undefined : refusal());
    await scene.parking.order(scene.parked[0]!, 'to-current');
    await scene.after(60_000);
    expect([...scene.lake][0]).toMatch(/^new\//);
    expect(scene.parked).toEqual([]);
  });

  it('is tried as the newest role when only the role was changed', async () => {
    const { scene } = await withParked([1]);
    const record = recordOf(refused);
    const earlier = [{ generation: 1, state: 'superseded', destination: record.destination }] as const;
    const destination = { ...record.destination, roleARN: 'the-new-role' };
    scene.records.set(record.registration, { ...record, generation: 2, destination, earlier });
    scene.answer = ({ destination: to }) => (to.roleARN === 'the-new-role' ? undefined : refusal('role-refused'));
    await scene.after(30_000);
    expect(scene.lake.size).toBe(1);
  });
});

describe('the end of a parked object', () => {
  it('comes after fourteen days, with a receipt, and with its bytes kept', async () => {
    const { scene } = await withParked([1]);
    await scene.after(parkedForMs);
    expect(scene.receipts.at(-1)).toMatchObject({ outcome: 'dropped', fault: 'parked-expired', rows: 3 });
    expect([...scene.parking.objects.keys()]).toEqual([expect.stringMatching(/^expired\/ocsf.file-activity\/0\//)]);
  });

  it('comes with its registration, with a receipt', async () => {
    const { scene } = await withParked([1, 2]);
    scene.records.set(`${refused}/file-activity`, { ...recordOf(refused), state: 'ended' });
    await scene.after(30_000);
    expect(scene.outcomes.slice(-2)).toEqual(['dropped registration-ended', 'dropped registration-ended']);
    expect([scene.parking.objects.size, scene.lake.size]).toEqual([0, 0]);
  });

  it('never comes because its registration is not known', async () => {
    const { scene } = await withParked([1]);
    scene.records.delete(`${refused}/file-activity`);
    await scene.after(2 * parkedForMs);
    expect(scene.parked).toHaveLength(1);
    expect(scene.outcomes).toEqual(['parked put-refused']);
  });

  it('comes by an operator’s order, for that object only', async () => {
    const { scene } = await withParked([1, 2, 3]);
    await scene.parking.order(scene.parked.sort()[1]!, 'drop');
    await scene.after(60_000);
    expect(scene.receipts.find(({ outcome }) => outcome === 'dropped')).toMatchObject({
      fault: 'parked-dropped',
      offsets: [2, 2],
    });
    expect(scene.parked).toHaveLength(2);
  });

  it('is tried at once by an operator’s order, whatever its pause', async () => {
    const { scene, mood } = await withParked([1]);
    for (let at = 0; at < 6; at++) await scene.after(900_000);
    mood.answer = undefined;
    scene.puts.length = 0;
    await scene.parking.order(scene.parked[0]!, 'retry');
    await scene.after(60_000);
    expect([scene.puts.length, scene.parked]).toEqual([1, []]);
  });
});
