import { expect, it } from '@jest/globals';
import { createPlaces } from './p-limit.ts';

const turn = () => new Promise(setImmediate);
const hanging = () => new Promise<void>(() => {});

it('lets_no_more_work_go_on_than_there_are_places', async () => {
  const places = createPlaces({ places: 2, slowAfterMs: 60_000, slowMax: 10 });
  const release: (() => void)[] = [];
  let running = 0;
  const all = Array.from({ length: 5 }, () =>
    places(async () => {
      running++;
      await new Promise<void>((resolve) => release.push(resolve));
      running--;
    }),
  );
  for (let at = 0; at < 5; at++) {
    await turn();
    expect(running).toBeLessThanOrEqual(2);
    release.shift()!();
  }
  await Promise.all(all);
});

it('goes_on_with_others_while_all_of_its_places_hang', async () => {
  const places = createPlaces({ places: 2, slowAfterMs: 5, slowMax: 10 });
  for (let at = 0; at < 4; at++) void places(hanging);
  expect(await places(async () => 'others')).toBe('others');
});

it('lets_only_so_many_hang_beside_the_places', async () => {
  const places = createPlaces({ places: 1, slowAfterMs: 1, slowMax: 2 });
  let started = 0;
  for (let at = 0; at < 9; at++)
    void places(() => {
      started++;
      return hanging();
    });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(started).toBe(3);
});

it('gives_a_place_back_after_work_that_failed', async () => {
  const places = createPlaces({ places: 1, slowAfterMs: 60_000, slowMax: 0 });
  await expect(places(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(await places(async () => 'next')).toBe('next');
});
