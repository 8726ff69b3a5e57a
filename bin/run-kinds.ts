import type { Kind, Surroundings } from './kinds.ts';
import { type Outcome, summaryOf } from './summary.ts';

/** The signals of a person or a supervisor who has had enough. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` with a signal that aborts on Ctrl-C or SIGTERM. Until `work` has ended, further signals change nothing, so
 * that what it started can be stopped.
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => interrupt.abort(new Error(`Ended by ${signal}.`));
  for (const name of endings) process.on(name, onSignal);
  try {
    return await work(interrupt.signal);
  } finally {
    for (const name of endings) process.off(name, onSignal);
  }
}

/** Runs one kind after the other, each under its heading, and adds their outcomes to `outcomes`. */
export async function runKinds(kinds: readonly Kind[], surroundings: Surroundings, outcomes: Outcome[]): Promise<void> {
  for (const kind of kinds) {
    surroundings.signal.throwIfAborted();
    console.log(`\n── ${kind.name} ${'─'.repeat(70 - kind.name.length)}`);
    const started = performance.now();
    const counts = await kind.run(surroundings);
    outcomes.push({ kind: kind.name, ...counts, milliseconds: performance.now() - started });
  }
}

/** Prints the summary as the last thing, and sets the exit code. */
export function conclude(outcomes: readonly Outcome[]): void {
  if (outcomes.some(({ failed }) => failed > 0)) process.exitCode = 1;
  console.log(`\n${summaryOf(outcomes)}`);
}
