import { describe, expect, it } from '@jest/globals';
import { judge, nothingSeen, notSeen, type PartitionSight, type Verdict, type WatchState } from './watchdog.ts';

const stuckMsMax = 100;
const at = (position: number | undefined, end: number, isHeld = false, partition = 0): PartitionSight => ({
  topic: 't',
  partition,
  position,
  end,
  isHeld,
});

/** The verdict of each look, one every 50 ms. */
function verdicts(...looks: readonly (readonly PartitionSight[] | 'away')[]): Verdict[] {
  let state: WatchState = nothingSeen;
  return looks.map((sights, index) => {
    const now = 50 * index;
    if (sights === 'away') {
      state = notSeen(state, now);
      return 'fine';
    }
    const judged = judge(state, sights, now, stuckMsMax);
    state = judged.state;
    return judged.verdict;
  });
}

describe('a watchdog', () => {
  it('lets be what moves, what has nothing to read and what stands on purpose', () => {
    expect(verdicts([at(1, 9)], [at(2, 9)], [at(3, 9)], [at(4, 9)])).toEqual(['fine', 'fine', 'fine', 'fine']);
    expect(verdicts([at(9, 9)], [at(9, 9)], [at(9, 9)], [at(9, 9)])).toEqual(['fine', 'fine', 'fine', 'fine']);
    const held = [at(1, 9, true)];
    expect(verdicts(held, held, held, held)).toEqual(['fine', 'fine', 'fine', 'fine']);
  });

  it('restarts the client for one partition that stands behind its end, and then gives it time', () => {
    const looks = [0, 1, 2, 3].map((look) => [at(1, 9), at(look, 9, false, 1)]);
    expect(verdicts(...looks)).toEqual(['fine', 'fine', 'restart', 'fine']);
  });

  it('counts from when the end moved on, not from the last record before', () => {
    expect(verdicts([at(5, 5)], [at(5, 5)], [at(5, 5)], [at(5, 6)], [at(5, 6)])).toEqual([
      'fine',
      'fine',
      'fine',
      'fine',
      'restart',
    ]);
  });

  it('gives up on the process when a new client stands where the last one stood', () => {
    const still = [at(1, 9)];
    const unknown = [at(undefined, 9)];
    expect(verdicts(still, still, still, unknown, still, still, still)).toEqual(
      ['fine', 'fine', 'restart', 'fine', 'fine', 'fine', 'fail'].map((verdict) => verdict as Verdict),
    );
  });

  it('forgets its suspicion when the partition moves, or is not ours any more', () => {
    const still = [at(1, 9)];
    const moved = [at(2, 9)];
    expect(verdicts(still, still, still, moved, moved, moved).at(-1)).toBe('restart');
    expect(verdicts(still, still, still, [], still, still, still).at(-1)).toBe('restart');
  });

  it('takes a start that is never found out for one that stands', () => {
    const unknown = [at(undefined, 9)];
    expect(verdicts(unknown, unknown, unknown)).toEqual(['fine', 'fine', 'restart']);
  });

  it('judges nothing while Kafka is away, and begins to count anew when it is back', () => {
    const still = [at(1, 9)];
    expect(verdicts(still, still, 'away', still, still)).toEqual(['fine', 'fine', 'fine', 'fine', 'restart']);
  });
});
