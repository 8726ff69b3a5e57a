import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import type { Command } from 'commander';
import { execa } from 'execa';

const harness = join(repositoryRoot, 'test/fault/harness/main.ts');

/** `tributary fault`: breaks everything on purpose. In a process of its own, which knows the options and cleans up. */
export function add(program: Command) {
  program
    .command('fault')
    .description('breaks a stack of its own on purpose, and checks that nothing is lost or delivered twice')
    .usage('[options] (see fault --help)')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action(async (_options: string[], _: object, command: Command) => {
      // Ctrl-C reaches it as well; we stay until it has cleaned up.
      for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});
      const run = execa(process.execPath, ['--disable-warning=ExperimentalWarning', harness, ...command.args], {
        stdio: 'inherit',
        reject: false,
      });
      process.on('SIGTERM', () => run.kill('SIGTERM'));
      process.exitCode = (await run).exitCode ?? 1;
    });
}
