import { expect, it } from '@jest/globals';
import { limitPuts } from './p-limit.ts';

/** Work that goes on until it is released. */
function held() {
  const running = new Map<string, number>();
  const release: (() => void)[] = [];
  const work = (name: string) => async () => {
    running.set(name, (running.get(name) ?? 0) + 1);
    await new Promise<void>((resolve) => release.push(resolve));
    running.set(name, running.get(name)! - 1);
  };
  return { running, release, work };
}

it('lets no registration take more than its share, so that others are not kept waiting', async () => {
  const { running, release, work } = held();
  const limits = limitPuts({ flusher: 6, registration: 4 });
  const put = (name: string) => limits.ofRegistration(name, () => limits.ofFlusher(work(name)));
  const puts = [...Array.from({ length: 20 }, () => put('huge')), put('small')];
  await new Promise(setImmediate);
  expect([running.get('huge'), running.get('small')]).toEqual([4, 1]);
  while (release.length > 0) {
    release.shift()!();
    await new Promise(setImmediate);
    expect(running.get('huge')).toBeLessThanOrEqual(4);
  }
  await Promise.all(puts);
});

it('gives the flusher’s place back between two tries', async () => {
  const { running, release, work } = held();
  const limits = limitPuts({ flusher: 1, registration: 1 });
  const pausing = new Promise(() => {});
  void limits.ofRegistration('refused', async () => {
    await limits.ofFlusher(async () => {});
    await pausing;
  });
  const other = limits.ofRegistration('other', () => limits.ofFlusher(work('other')));
  await new Promise(setImmediate);
  expect(running.get('other')).toBe(1);
  release[0]!();
  await other;
});

it('gives a place back after a put that failed', async () => {
  const limits = limitPuts({ flusher: 1, registration: 1 });
  const put = (attempt: () => Promise<string>) => limits.ofRegistration('a', () => limits.ofFlusher(attempt));
  await expect(put(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await expect(put(async () => 'created')).resolves.toBe('created');
});

// The story: a large object of a lake that failed hung for its half minute, and the large ones of all healed lakes behind it.
it('lets no large object of a lake that fails hold up those of lakes that are well, or the small ones behind it', async () => {
  const { running, release, work } = held();
  const limits = limitPuts({ redelivery: 2 });
  const deliver = (name: string, failing: boolean, bytes: number) =>
    limits.ofRedelivery({ failing, bytes }, work(name));
  const large = 64 * 1_048_576;
  const under = [deliver('failing', true, large), deliver('well', false, large), deliver('well', false, large)];
  under.push(deliver('small', false, 1));
  await new Promise(setImmediate);
  expect(['failing', 'well', 'small'].map((name) => running.get(name))).toEqual([1, 1, 1]);
  while (release.length > 0) {
    release.shift()!();
    await new Promise(setImmediate);
  }
  await Promise.all(under);
});
