import { expect, it } from '@jest/globals';
import { Locks } from './locks.ts';

it('one_after_the_other_gets_what_both_want_and_others_go_on', async () => {
  const locks = new Locks();
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const work =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async () => {
      seen.push(`${name} begins`);
      await until;
      seen.push(`${name} ends`);
    };
  const all = [
    locks.with(['kafka'], work('first', first.promise)),
    locks.with(['kafka', 'redis'], work('both')),
    locks.with(['redis'], work('overtaken by nobody')),
    locks.with(['registry'], work('other')),
  ];
  await all[3];
  expect(seen).toEqual(['first begins', 'other begins', 'other ends']);
  first.resolve();
  await Promise.all(all);
  expect(seen.slice(3)).toEqual([
    'first ends',
    'both begins',
    'both ends',
    'overtaken by nobody begins',
    'overtaken by nobody ends',
  ]);
});

it('work_that_fails_lets_the_next_one_begin', async () => {
  const locks = new Locks();
  await expect(locks.with(['kafka'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await locks.with(['kafka'], async () => 'next')).toBe('next');
});
