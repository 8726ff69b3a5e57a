import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { lock } from 'proper-lockfile';
import type { Report } from './part.ts';

/** A thing that could not be installed or started, told in one sentence that a person can act on. */
export class StackError extends Error {
  override name = 'StackError';
}

/** Installs `name` into `<tools>/<name>` once; `recipe` is everything the result depends on. */
export interface Tool {
  readonly name: string;
  readonly recipe: string;
  install(
    into: string,
    log: (file: string, args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<void>,
  ): Promise<void>;
}

const lockStaleMs = 30_000;

/** The folder of the tool, installed if it isn't. Several processes may ask at once: one installs, the others wait. */
export async function ensureTool(tools: string, tool: Tool, report: Report): Promise<string> {
  const into = join(tools, tool.name);
  const stamp = `${into}.installed`;
  const key = createHash('sha256').update(tool.recipe).digest('hex');
  const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === key && existsSync(into);
  if (installed()) return into;
  mkdirSync(tools, { recursive: true });
  const release = await takeTurn(into, () => report(`waiting for another installation of ${tool.name}`));
  try {
    if (installed()) return into;
    report(`installing ${tool.name} (once, into ${tools})`);
    await rm(into, { recursive: true, force: true });
    const logFile = `${into}.log`;
    writeFileSync(logFile, '');
    await tool.install(into, (file, args, env) => logged(logFile, tool.name, file, args, env));
    writeFileSync(stamp, key);
    return into;
  } finally {
    await release();
  }
}

async function takeTurn(into: string, onWait: () => void) {
  const turn = { stale: lockStaleMs, realpath: false };
  try {
    return await lock(into, turn);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    onWait();
    return await lock(into, { ...turn, retries: { retries: 1200, factor: 1, minTimeout: 500 } });
  }
}

async function logged(logFile: string, what: string, file: string, args: readonly string[], env?: NodeJS.ProcessEnv) {
  const output = { file: logFile, append: true };
  const result = await execa(file, args, {
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    env: env ?? {},
    reject: false,
  });
  if (!result.failed) return;
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  const reason = lines.findLast((line) => /error|could not|refused|unknown host/i.test(line)) ?? lines.at(-1) ?? '';
  throw new StackError(
    `${what} could not be installed: ${reason.trim().slice(0, 300)} (is there a network? All of it: ${logFile})`,
  );
}

/** A Debian package that brings a program. */
interface SystemProgram {
  readonly program: string;
  readonly packages: readonly string[];
  /** Answers whether the program can do what we need; absent: being there is enough. */
  readonly works?: readonly string[];
}

const programs = {
  maven: { program: 'mvn', packages: ['maven'] },
  python: { program: 'python3', packages: ['python3', 'python3-venv'], works: ['-c', 'import venv, ensurepip'] },
  redis: { program: 'redis-server', packages: ['redis-server'] },
  prometheus: { program: 'promtool', packages: ['prometheus'] },
} as const satisfies Record<string, SystemProgram>;

const runs = (file: string, args: readonly string[]) =>
  !execaSync(file, args, { stdio: 'ignore', reject: false }).failed;

let aptTurn: Promise<void> = Promise.resolve();

/** Makes sure that the program is on this machine: installs it with apt when root, else says which command does. */
export async function ensureProgram(name: keyof typeof programs, report: Report): Promise<string> {
  const wanted: SystemProgram = programs[name];
  const there = () => runs(wanted.program, wanted.works ?? ['--version']);
  const turn = aptTurn.then(async () => {
    if (there()) return;
    const command = `apt-get install -y --no-install-recommends ${wanted.packages.join(' ')}`;
    if (process.getuid?.() !== 0 || !runs('apt-get', ['--version']))
      throw new StackError(`${wanted.program} is missing. Install it with: sudo ${command}`);
    report(`installing ${wanted.packages.join(', ')} with apt`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // Package lists may be old or absent; a failure here shows itself in the installation.
    await execa('apt-get', ['update'], { stdio: 'ignore', env, reject: false });
    await execa('apt-get', command.split(' ').slice(1), { stdio: 'ignore', env, reject: false });
    if (!there())
      throw new StackError(`apt could not install ${wanted.program} (is there a network?). Try: ${command}`);
  });
  aptTurn = turn.catch(() => {});
  await turn;
  return wanted.program;
}

/** A Python environment of its own with the pinned packages of a requirements file's text. */
export async function ensurePython(tools: string, name: string, requirements: string, report: Report): Promise<string> {
  return ensureTool(
    tools,
    {
      name,
      recipe: requirements,
      async install(into, log) {
        const python = await ensureProgram('python', report);
        await log(python, ['-m', 'venv', into]);
        const list = join(into, 'requirements.txt');
        writeFileSync(list, requirements);
        const quiet = ['--disable-pip-version-check', '--no-input', '--quiet'];
        await log(join(into, 'bin/python'), ['-m', 'pip', 'install', ...quiet, '--only-binary=:all:', '-r', list]);
      },
    },
    report,
  );
}

const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** What a POM names, fetched from Maven Central into a folder. */
export async function ensureMaven(
  tools: string,
  tool: { readonly name: string; readonly pom: string; readonly goal: 'copy-dependencies' | 'unpack-dependencies' },
  report: Report,
): Promise<string> {
  return ensureTool(
    tools,
    {
      name: tool.name,
      recipe: readFileSync(tool.pom, 'utf8') + dependencyPlugin + tool.goal,
      async install(into, log) {
        const maven = await ensureProgram('maven', report);
        // The plugin keeps notes in the POM's own folder: they belong with the tools, not with the sources.
        const pom = `${into}.pom.xml`;
        writeFileSync(pom, readFileSync(tool.pom));
        await log(maven, ['-B', '-q', '-f', pom, `${dependencyPlugin}:${tool.goal}`, `-DoutputDirectory=${into}`]);
      },
    },
    report,
  );
}
