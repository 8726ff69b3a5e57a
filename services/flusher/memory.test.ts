import { describe, expect, it } from '@jest/globals';
import { mustPause, type PartitionMemory } from './memory.ts';

const limits = { memoryBytesMax: 100, cutBytesMax: 20 };
const held = (...bytes: number[]): PartitionMemory[] =>
  bytes.map((one, at) => ({ key: String(at), bytes: one, encodedBytes: 0, mustRedo: false, stands: false }));
const paused = (partitions: readonly PartitionMemory[], before: readonly string[] = []) => [
  ...mustPause(partitions, limits, new Set(before)),
];

describe('the memory of a flusher', () => {
  it('lets every partition fetch below its limits', () => {
    expect(paused(held(39, 39, 0))).toEqual([]);
  });

  it('pauses a partition that holds a cut on its way and a full one behind it, and no other', () => {
    expect(paused(held(40, 10, 0))).toEqual(['0']);
  });

  it('pauses all at the limit, and lets them go on well below it', () => {
    expect(paused(held(35, 35, 30))).toEqual(['0', '1', '2']);
    expect(paused(held(30, 30, 25), ['0', '1', '2'])).toEqual(['0', '1', '2']);
    expect(paused(held(30, 30, 19), ['0', '1', '2'])).toEqual([]);
  });

  it('counts the objects that wait to be put', () => {
    const waiting = { key: 'waits', bytes: 10, encodedBytes: 60, mustRedo: false, stands: false };
    expect(paused([waiting, ...held(25)])).toEqual([]);
    expect(paused([waiting, ...held(30)])).toEqual(['waits', '0']);
  });

  it('never pauses a partition that must redo a journalled cut', () => {
    const partitions = [{ key: 'redo', bytes: 60, encodedBytes: 0, mustRedo: true, stands: false }, ...held(60)];
    expect(paused(partitions)).toEqual(['0']);
  });

  it('lets only one of them go on at the limit, so that together they can not pass it', () => {
    const redo = (key: string, bytes: number) => ({ key, bytes, encodedBytes: 0, mustRedo: true, stands: false });
    expect(paused([redo('b', 60), redo('a', 60), redo('c', 0)])).toEqual(['b', 'c']);
    expect(paused([redo('b', 40), redo('a', 40)])).toEqual([]);
  });

  it('pauses a partition that stands still', () => {
    expect(paused([{ key: 'a', bytes: 0, encodedBytes: 0, mustRedo: true, stands: true }])).toEqual(['a']);
  });
});
