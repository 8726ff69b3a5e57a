import { expect, it } from '@jest/globals';
import { limitPuts } from './p-limit.ts';

it('lets no registration take more than its share, so that others are not kept waiting', async () => {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const release: (() => void)[] = [];
  const limited = limitPuts({ flusher: 6, registration: 4 });
  const put = (registration: string) =>
    limited(registration, async () => {
      running.set(registration, (running.get(registration) ?? 0) + 1);
      most.set(registration, Math.max(most.get(registration) ?? 0, running.get(registration)!));
      await new Promise<void>((resolve) => release.push(resolve));
      running.set(registration, running.get(registration)! - 1);
    });
  const puts = [...Array.from({ length: 20 }, () => put('huge')), put('small')];
  await new Promise(setImmediate);
  expect(running.get('huge')).toBe(4);
  expect(running.get('small')).toBe(1);
  while (release.length > 0) {
    release.shift()!();
    await new Promise(setImmediate);
  }
  await Promise.all(puts);
  expect(most.get('huge')).toBe(4);
});

it('gives a place back after a put that failed', async () => {
  const limited = limitPuts({ flusher: 1, registration: 1 });
  await expect(limited('a', () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await expect(limited('a', async () => 'created')).resolves.toBe('created');
});
