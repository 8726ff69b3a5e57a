import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';

/** What each file in `commands/` exports: it adds its own command to the program. */
export type AddCommand = (program: Command) => void;

/** The command line with all commands of `commands/`; it has parsed nothing yet. */
export async function createProgram(): Promise<Command> {
  const program = new Command('tributary')
    .description('Delivers endpoint activity to each customer’s own Amazon Security Lake.')
    .showHelpAfterError('(add --help to see what is allowed)');
  const commands = join(import.meta.dirname, 'commands');
  for (const file of readdirSync(commands).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    const { add } = (await import(join(commands, file))) as { add?: AddCommand };
    add?.(program);
  }
  return program;
}

/** Runs a program on the arguments of this process. What stops it is told in a sentence; the stack is for whoever asks for it. */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const { message, stack } = error as Error;
    process.stderr.write(`${process.env.TRIBUTARY_DEBUG ? stack : message}\n`);
    process.exitCode = 1;
  }
}
