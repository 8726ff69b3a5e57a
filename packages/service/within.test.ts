import { expect, it } from '@jest/globals';
import { within } from './within.ts';

it('waits for what ends in time, also by a failure, and goes on without what does not', async () => {
  expect(await within(60_000, Promise.resolve())).toBe(true);
  expect(await within(60_000, Promise.reject(new Error('no')))).toBe(true);
  expect(await within(1, new Promise(() => {}))).toBe(false);
});
