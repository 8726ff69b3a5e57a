import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import type { Command } from 'commander';
import { execa } from 'execa';

const benchmark = join(repositoryRoot, 'test/load/main.ts');

/** `tributary bench`: how fast it is. In a process of its own, which knows the options and collects garbage when told to. */
export function add(program: Command) {
  program
    .command('bench')
    .description('measures what an event costs on its way, and compares that with other tools')
    .usage('[options] (see bench --help)')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action(async (_options: string[], _: object, command: Command) => {
      const run = execa(process.execPath, ['--expose-gc', benchmark, ...command.args], {
        stdio: 'inherit',
        reject: false,
      });
      process.exitCode = (await run).exitCode ?? 1;
    });
}
