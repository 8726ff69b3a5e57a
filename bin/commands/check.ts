import type { Command } from 'commander';
import { jest, lint, types } from '../kinds.ts';
import { conclude, runKinds, untilInterrupted } from '../run-kinds.ts';
import type { Outcome } from '../summary.ts';

/** `tributary check`: what needs no process and no network. */
export function add(program: Command) {
  program
    .command('check')
    .description('lint, types, and the unit tests (with the rules of style): no stack, under 30 s')
    .action(async () => {
      const outcomes: Outcome[] = [];
      await untilInterrupted((signal) => runKinds([lint, types, jest('unit')], { signal, env: {} }, outcomes));
      conclude(outcomes);
    });
}
