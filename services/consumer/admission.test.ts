import { describe, expect, it } from '@jest/globals';
import type { TopicPartition } from '@tributary/stream/stream.ts';
import { Admission } from './admission.ts';

const partitions = [0, 1].map((partition): TopicPartition => ({ topic: 't', partition }));
const open = new AbortController().signal;

function admission() {
  const told: string[] = [];
  const numbers = (list: readonly TopicPartition[]) => list.map(({ partition }) => partition).join();
  const made = new Admission({
    limits: { heldBytesMax: 100, workBytesMax: 20 },
    fetching: {
      pause: (list) => void told.push(`pause ${numbers(list)}`),
      resume: (list) => void told.push(`resume ${numbers(list)}`),
    },
    onHeld: () => {},
  });
  made.assigned(partitions);
  told.length = 0;
  return { made, told };
}

/** Work that ends when it is told to. */
function work() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => ended, end };
}
const turn = () => new Promise(setImmediate);

describe('the memory of a consumer', () => {
  it('pauses every partition when much is held, and lets them go on well below', async () => {
    const { made, told } = admission();
    const works = [work(), work(), work()];
    const held = [45, 40, 20].map((bytes, at) => made.hold(bytes, works[at]!.run));
    expect(told).toEqual(['pause 0,1']);
    made.assigned([partitions[1]!]);
    expect(told).toEqual(['pause 0,1', 'pause 1']);
    works[2]!.end();
    await held[2];
    expect(told).toHaveLength(2);
    works[0]!.end();
    await held[0];
    expect(told.at(-1)).toBe('resume 1');
    works[1]!.end();
    await held[1];
  });

  it('works on so much at once, in the order of asking, and on what is larger alone', async () => {
    const { made } = admission();
    const order: string[] = [];
    const works = new Map(['a', 'b', 'large', 'c'].map((name) => [name, work()]));
    const start = (name: string, bytes: number) =>
      made.admit(name, bytes, open, () => {
        order.push(name);
        return works.get(name)!.run();
      });
    const all = [start('a', 10), start('b', 10), start('large', 50), start('c', 1)];
    await turn();
    expect([order, made.waits('large'), made.waits('c')]).toEqual([['a', 'b'], true, true]);
    for (const name of ['a', 'b']) works.get(name)!.end();
    await turn();
    expect(order).toEqual(['a', 'b', 'large']);
    works.get('large')!.end();
    await turn();
    expect(order).toEqual(['a', 'b', 'large', 'c']);
    works.get('c')!.end();
    await Promise.all(all);
  });

  it('lets nobody wait whose partition is not ours any more, nor those behind it', async () => {
    const { made } = admission();
    const first = work();
    const gone = new AbortController();
    const ran: string[] = [];
    const working = made.admit('a', 15, open, first.run);
    const waiting = made.admit('b', 20, gone.signal, async () => void ran.push('b'));
    const behind = made.admit('c', 5, open, async () => void ran.push('c'));
    gone.abort(new Error('the assignment is over'));
    await expect(waiting).rejects.toThrow('the assignment is over');
    await behind;
    expect(ran).toEqual(['c']);
    first.end();
    await working;
  });
});
