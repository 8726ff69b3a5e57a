import type { Command } from 'commander';

/** `tributary bench`: how fast it is. */
export function add(program: Command) {
  program
    .command('bench')
    .description('measures how fast it is')
    .action(() => {
      console.log('There is no benchmark yet.');
    });
}
