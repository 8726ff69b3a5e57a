import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { execa } from 'execa';
import { type Counts, nothing } from './summary.ts';

/** What a kind of test runs in. */
export interface Surroundings {
  /** Ends what runs. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
}

/** One kind of test: its heading, and how it is run and counted. */
export interface Kind {
  readonly name: string;
  run(surroundings: Surroundings): Promise<Counts>;
}

const bin = (name: string) => join(repositoryRoot, 'node_modules/.bin', name);
const oneCheck = (failed: boolean): Counts => ({ ...nothing, passed: failed ? 0 : 1, failed: failed ? 1 : 0 });
const stopWithinMs = 10_000;
/** A run that has not ended by then never will: something holds it open. Twice what each needs on a busy machine. */
const endsWithinMs = { unit: 15 * 60_000, integration: 25 * 60_000, e2e: 60 * 60_000 } as const;
// turbo looks for pnpm there, and packages' scripts for the pinned Node, also where neither is installed otherwise.
const path = [join(repositoryRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter);

function start({ signal, env }: Surroundings, file: string, args: readonly string[], timeout = 0) {
  return execa(file, args, {
    timeout,
    cwd: repositoryRoot,
    env: { ...env, PATH: path, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
    stdin: 'ignore',
    stdout: ['inherit', 'pipe'],
    stderr: 'inherit',
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: stopWithinMs,
  });
}

/** The linter and formatter over the whole repository: one check. */
export const lint: Kind = {
  name: 'lint',
  async run(surroundings) {
    const args = ['check', '--error-on-warnings', '--colors', process.stdout.isTTY ? 'force' : 'off'];
    return oneCheck((await start(surroundings, bin('biome'), args)).failed);
  },
};

/** The compiler over each package: one check a package. */
export const types: Kind = {
  name: 'types',
  async run(surroundings) {
    const args = ['run', 'types', '--continue', '--output-logs=errors-only', '--no-update-notifier'];
    const { failed, stdout } = await start(surroundings, bin('turbo'), args);
    const [, passed, all] = /Tasks:\s+(\d+) successful, (\d+) total/.exec(stdout) ?? [];
    if (passed === undefined || all === undefined) return oneCheck(failed);
    return { ...nothing, passed: Number(passed), failed: Number(all) - Number(passed) };
  },
};

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** What jest's own report says; a suite that could not be run counts as one failure, and so does a missing report. */
export function countJest(report: JestReport | undefined, exitCode: number | undefined): Counts {
  if (report === undefined) return oneCheck(true);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const sentenceOfEndless = (project: keyof typeof endsWithinMs) =>
  `The ${project} tests had not ended after ${endsWithinMs[project] / 60_000} minutes and were ended. ` +
  'The test that is named last left a connection or process open, or waits for ever.';

/** The tests of one of jest's projects (see jest.config.js). */
export const jest = (project: keyof typeof endsWithinMs, options: readonly string[] = []): Kind => ({
  name: project,
  async run(surroundings) {
    const scratch = await mkdtemp(join(tmpdir(), 'tributary-jest-'));
    const outputFile = join(scratch, 'report.json');
    try {
      const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
      const main = [join(repositoryRoot, 'node_modules/jest/bin/jest.js'), '--selectProjects', project];
      const report = ['--passWithNoTests', '--json', `--outputFile=${outputFile}`];
      const args = [...node, ...main, ...report, ...options];
      const ended = await start(surroundings, process.execPath, args, endsWithinMs[project]);
      if (ended.timedOut) console.error(`\n${sentenceOfEndless(project)}`);
      const text = await readFile(outputFile, 'utf8').catch(() => undefined);
      return countJest(text === undefined ? undefined : JSON.parse(text), ended.exitCode);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
});
