import { execaSync } from 'execa';
import type { Report } from './part.ts';
import { ensureTool, StackError } from './tools.ts';

/** A program that is built with Go from its source. */
export interface GoProgram {
  readonly name: string;
  /** Module and version, such as `example.org/cmd/tool@v1.2.3`. */
  readonly module: string;
}

/** The folder with the program, built if it isn't there: one core, for a minute at most. Throws a StackError without Go. */
export async function ensureGo(tools: string, { name, module }: GoProgram, report: Report): Promise<string> {
  return ensureTool(
    tools,
    {
      name,
      recipe: module,
      async install(into, log) {
        if (execaSync('go', ['version'], { stdio: 'ignore', reject: false }).failed)
          throw new StackError(`Go is missing: ${name} can’t be built`);
        await log('go', ['install', '-p', '1', module], { GOBIN: into });
      },
    },
    report,
  );
}
