import type { RunResult } from './run.ts';

/** What came of shrinking. */
export interface Shrunk<T> {
  /** The shortest sequence that was seen to fail, in the order of the whole. */
  readonly shortest: readonly T[];
  /** How often something was played. */
  readonly runs: number;
  /** `minimal`: without any one of it, it was seen not to fail. `capped`: there were no runs left. `flaky`: it failed, and not when it was played again. */
  readonly outcome: 'minimal' | 'capped' | 'flaky';
}

/** How far to go. */
export interface ShrinkOptions<T> {
  /** Runs at the most: each costs minutes. */
  readonly runsMax: number;
  /** Told before each run: which one it is, and what is played. */
  readonly onRun?: (run: number, part: readonly T[]) => void;
}

class NoRunsLeft extends Error {}

/**
 * The shortest part of a failing sequence that still fails, by leaving out ever smaller pieces (Zeller and Hildebrandt,
 * "Simplifying and isolating failure-inducing input", 2002: ddmin, with complements only). The whole is played again
 * first, and what is left at the end: of a failure that comes and goes no part says anything. The later pieces are left out
 * first, because a sequence without its end is over sooner.
 */
export async function shortestFailing<T>(
  all: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
  { runsMax, onRun }: ShrinkOptions<T>,
): Promise<Shrunk<T>> {
  let [runs, kept] = [0, all];
  const passed = new Set<string>();
  const play = async (part: readonly T[]) => {
    if (runs === runsMax) throw new NoRunsLeft();
    runs += 1;
    onRun?.(runs, part);
    return fails(part);
  };
  const failsAnew = async (part: readonly T[]) => {
    const name = part.map((one) => all.indexOf(one)).join();
    if (passed.has(name)) return false;
    const failed = await play(part);
    if (!failed) passed.add(name);
    return failed;
  };
  try {
    if (!(await play(all))) return { shortest: all, runs, outcome: 'flaky' };
    for (let pieces = 2; kept.length > 1; ) {
      const rest = await firstOf(complementsOf(kept, pieces), failsAnew);
      if (rest === undefined && pieces >= kept.length) break;
      pieces = rest === undefined ? Math.min(2 * pieces, kept.length) : Math.max(2, pieces - 1);
      kept = rest ?? kept;
    }
    const isSure = kept.length === all.length || (await play(kept));
    return { shortest: kept, runs, outcome: isSure ? 'minimal' : 'flaky' };
  } catch (error) {
    if (!(error instanceof NoRunsLeft)) throw error;
    return { shortest: kept, runs, outcome: 'capped' };
  }
}

/** What is left of `all` without each of so many pieces of about the same size, the last piece first. */
function complementsOf<T>(all: readonly T[], pieces: number): T[][] {
  const count = Math.min(pieces, all.length);
  const bounds = Array.from({ length: count + 1 }, (_, at) => Math.round((at * all.length) / count));
  return Array.from({ length: count }, (_, at) => [
    ...all.slice(0, bounds[at]),
    ...all.slice(bounds[at + 1]),
  ]).reverse();
}

async function firstOf<T>(all: readonly T[], isIt: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of all) if (await isIt(one)) return one;
  return undefined;
}

type Judged = Pick<RunResult, 'verdict' | 'late' | 'failed' | 'blind'>;
const verdicts = ['lost', 'duplicated', 'misrouted', 'misjudged', 'invalid', 'wentBack'] as const;

/**
 * By what a failure is known again in a shorter run. Where events went wrong only that counts: a run that is merely late,
 * as on a busy machine, is no part of the failure.
 */
export function signsOf({ verdict, late, failed, blind }: Judged): string[] {
  const wrong = verdicts.filter((what) => verdict[what] > 0);
  if (wrong.length > 0) return wrong;
  const others = { late, 'not made or healed': failed.length > 0, blind: blind.length > 0 };
  return Object.entries(others).flatMap(([what, isSo]) => (isSo ? [what] : []));
}
