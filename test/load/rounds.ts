import type { Timing } from './figures.ts';
import { orderOf } from './measures.ts';

/** A piece of work that is done once per round; its input is ready. */
export interface Measure<Name> {
  readonly name: Name;
  /** Events that one run works on. */
  readonly events: number;
  readonly run: () => unknown;
}

/** What a stop watch reads, µs. */
export interface Reading {
  readonly wallUs: number;
  readonly cpuUs: number;
}

/** What surrounds a run, handed in. */
export interface Surroundings {
  readonly read: () => Reading;
  /** Before each run: what the former one left behind isn't charged to this one. */
  readonly settle: () => void;
  readonly onRound: (round: number) => void;
}

/** Runs every measure once per round, interleaved, after one round that isn't counted. Answers timings in the order of the rounds. */
export async function runRounds<Name>(
  measures: readonly Measure<Name>[],
  rounds: number,
  { read, settle, onRound }: Surroundings,
): Promise<Map<Name, Timing[]>> {
  const timings = new Map<Name, Timing[]>(measures.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (const { name, events, run } of orderOf(measures, round)) {
      settle();
      const start = read();
      await run();
      const end = read();
      if (round === 0) continue;
      timings.get(name)!.push({
        wallUs: (end.wallUs - start.wallUs) / events,
        cpuUs: (end.cpuUs - start.cpuUs) / events,
      });
    }
  }
  return timings;
}
