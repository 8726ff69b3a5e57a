import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { stopThrowaway, sweepThrowaways, throwawayDirectory } from '@tributary/local/throwaway.ts';
import type { Command } from 'commander';
import { jest, lint, type Surroundings, types } from '../kinds.ts';
import { conclude, runKinds, untilInterrupted } from '../run-kinds.ts';
import type { Outcome } from '../summary.ts';
import { bringUp } from './stack.ts';

const onTheStack = ['--runInBand'];
/** Each on a stack of its own: integration tests leave registrations behind whose lakes never were. */
const joined = [jest('integration', onTheStack), jest('e2e', onTheStack)];

async function withStack(signal: AbortSignal, work: (env: Surroundings['env']) => Promise<void>) {
  const named = process.env.TRIBUTARY_LOCAL_DIR;
  if (named) {
    readEndpoints(named);
    return work({ TRIBUTARY_LOCAL_DIR: stackDirectory(named) });
  }
  const dir = throwawayDirectory();
  console.log(`\n── stack ${'─'.repeat(65)}`);
  await sweepThrowaways();
  try {
    await bringUp({ dir, portBase: 0, signal });
    await work({ TRIBUTARY_LOCAL_DIR: dir });
  } finally {
    await stopThrowaway(dir);
  }
}

/** One more failure when what the tests run on could not be brought up: that must not pass for a good run. */
async function countingFailure(kind: string, outcomes: Outcome[], work: () => Promise<void>) {
  const started = performance.now();
  try {
    await work();
  } catch (error) {
    console.error(`\n${(error as Error).message}`);
    outcomes.push({ kind, passed: 0, failed: 1, skipped: 0, milliseconds: performance.now() - started });
  }
}

/** `tributary test`: everything, with the stack brought up for it. */
export function add(program: Command) {
  program
    .command('test')
    .description('lint, types, unit tests, then integration and end-to-end tests on a stack of their own')
    .action(async () => {
      const outcomes: Outcome[] = [];
      await untilInterrupted((signal) =>
        countingFailure('run', outcomes, async () => {
          await runKinds([lint, types, jest('unit')], { signal, env: {} }, outcomes);
          for (const kind of joined) await withStack(signal, (env) => runKinds([kind], { signal, env }, outcomes));
          signal.throwIfAborted();
        }),
      );
      conclude(outcomes);
    });
}
