import { describe, expect, it } from '@jest/globals';
import { runRounds } from './rounds.ts';

describe('the rounds', () => {
  it('interleave_the_measures_leave_out_the_first_round_and_count_per_event', async () => {
    const ran: string[] = [];
    let clock = 0;
    const measure = (name: string, events: number, us: number) => ({
      name,
      events,
      run: async () => {
        ran.push(name);
        clock += ran.length <= 2 ? 1_000_000 : us;
      },
    });
    const timings = await runRounds([measure('a', 10, 50), measure('b', 2, 30)], 2, {
      read: () => ({ wallUs: clock, cpuUs: clock / 2 }),
      settle: () => {
        clock += 7_000;
      },
      onRound: () => undefined,
    });
    expect(ran.join('')).toBe('abbaab');
    expect(timings.get('a')).toEqual([
      { wallUs: 5, cpuUs: 2.5 },
      { wallUs: 5, cpuUs: 2.5 },
    ]);
    expect(timings.get('b')).toEqual([
      { wallUs: 15, cpuUs: 7.5 },
      { wallUs: 15, cpuUs: 7.5 },
    ]);
  });
});
