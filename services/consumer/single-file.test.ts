import { describe, expect, it } from '@jest/globals';
import { singleFile } from './single-file.ts';

// The defect: two batches shared one refresh of the mirror. The second had been fetched after that refresh had read
// Redis, so an event that came just after its owner's registration was answered found no owner and was dropped.
describe('a refresh in single file', () => {
  const controlled = () => {
    const runs: { finish(): void; fail(): void }[] = [];
    const ask = singleFile(
      () =>
        new Promise((resolve, reject) => runs.push({ finish: () => resolve(), fail: () => reject(new Error('away')) })),
    );
    return { runs, ask };
  };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it('begins_after_it_was_asked_for_and_is_shared_by_all_who_waited', async () => {
    const { runs, ask } = controlled();
    const answered: string[] = [];
    ask().then(() => answered.push('first'));
    ask().then(() => answered.push('second'));
    ask().then(() => answered.push('third'));
    expect(runs).toHaveLength(1);
    runs[0]!.finish();
    await turn();
    expect(answered).toEqual(['first']);
    expect(runs).toHaveLength(2);
    runs[1]!.finish();
    await turn();
    expect(answered).toEqual(['first', 'second', 'third']);
    expect(runs).toHaveLength(2);
  });

  it('fails_for_those_who_asked_and_not_for_those_who_waited', async () => {
    const { runs, ask } = controlled();
    const first = ask().then(
      () => 'whole',
      () => 'failed',
    );
    const second = ask();
    runs[0]!.fail();
    await turn();
    runs[1]!.finish();
    await expect(first).resolves.toBe('failed');
    await expect(second).resolves.toBeUndefined();
  });
});
