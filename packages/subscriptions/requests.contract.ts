import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestStore } from './requests.ts';

/** What every store of requests promises. Names are the caller's own, so that a shared Redis can be used. */
export function requestsContract(name: string, make: () => Promise<RequestStore>, unique: () => string): void {
  describe(`the store of requests: ${name}`, () => {
    let store: RequestStore;
    beforeEach(async () => {
      store = await make();
    });
    afterEach(() => store.close());

    it('counts_each_name_by_itself_until_its_window_ends', async () => {
      const [one, other] = [unique(), unique()];
      const first = await store.hit(one, 60_000);
      expect(first.count).toBe(1);
      expect(first.resetMs).toBeGreaterThan(50_000);
      const second = await store.hit(one, 60_000);
      expect(second.count).toBe(2);
      expect(second.resetMs).toBeLessThanOrEqual(first.resetMs);
      expect((await store.hit(other, 60_000)).count).toBe(1);
    });

    it('loses_no_count_of_those_that_come_at_once', async () => {
      const one = unique();
      const counts = await Promise.all(Array.from({ length: 20 }, () => store.hit(one, 60_000)));
      expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    });

    it('keeps_an_answer_for_its_account_and_for_its_time', async () => {
      const key = unique();
      await store.remember('1', key, 'the answer', 60_000);
      expect(await store.recall('1', key)).toBe('the answer');
      expect(await store.recall('2', key)).toBeUndefined();
      await store.remember('1', key, 'another', 1);
      const until = Date.now() + 2_000;
      while ((await store.recall('1', key)) !== undefined && Date.now() < until);
      expect(await store.recall('1', key)).toBeUndefined();
    });

    it('knows_when_a_key_was_last_used', async () => {
      const [used, unused] = [unique(), unique()];
      await store.keyUsed(used, '2026-01-01T00:00:00.000Z');
      await store.keyUsed(used, '2026-01-02T00:00:00.000Z');
      expect(await store.keyUses([used, unused])).toEqual(new Map([[used, '2026-01-02T00:00:00.000Z']]));
      expect(await store.keyUses([])).toEqual(new Map());
    });
  });
}
