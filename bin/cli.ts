import { createProgram } from './program.ts';

try {
  await (await createProgram()).parseAsync();
} catch (error) {
  // What stops a command is told in a sentence; the stack is for whoever asks for it.
  const { message, stack } = error as Error;
  process.stderr.write(`${process.env.TRIBUTARY_DEBUG ? stack : message}\n`);
  process.exitCode = 1;
}
