import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { stopStack } from '@tributary/local/stack.ts';

/** Every process whose environment names `dir`: what a start has left behind. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOrNothing(`/proc/${pid}/environ`).includes(`TRIBUTARY_PROCESS=${dir}#`))
    .map((pid) => readOrNothing(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 120))
    .filter((command) => command !== '');
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('npm start', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tributary-start-'));
  });

  afterEach(async () => {
    await stopStack(dir);
    await rm(dir, { recursive: true, force: true });
  }, 60_000);

  function start(...args: string[]): {
    child: ChildProcess;
    said: () => string;
    until: (text: string) => Promise<void>;
    ended: Promise<number | null>;
  } {
    const command = [join(repositoryRoot, 'bin/tributary.js'), 'start', '--dir', dir, '--port-base', '0', ...args];
    const child = spawn(process.execPath, command, {
      cwd: repositoryRoot,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const waiting: (() => void)[] = [];
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        for (const look of waiting) look();
      });
    }
    const until = (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => said.includes(text) && resolve();
        waiting.push(look);
        look();
      });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, said: () => said, until, ended };
  }

  it('ends by itself when everything is delivered, copies the lake, and leaves nothing behind', async () => {
    const out = join(dir, 'out');
    const run = start('--until-delivered', '--seconds', '3', '--window-seconds', '3', '--download', out);
    const code = await run.ended;
    expect({ code, said: run.said() }).toMatchObject({
      code: 0,
      said: expect.stringContaining('Every event that was fed is delivered, rejected or not registered for'),
    });
    expect(run.said()).toMatch(/process-activity +│ +\d+ │/);
    const files = await readdir(out, { recursive: true });
    expect(files.filter((file) => file.endsWith('.parquet')).length).toBeGreaterThanOrEqual(6);
    expect(processesOf(dir)).toEqual([]);
  }, 180_000);

  it('ends with exit code 1 and the difference when the limit comes first', async () => {
    const run = start('--until-delivered', '--seconds', '2', '--window-seconds', '300', '--limit-seconds', '4');
    expect(await run.ended).toBe(1);
    expect(run.said()).toMatch(/missing +[0-9a-f-]{36} \(/);
    expect(run.said()).toContain('Not complete after');
    expect(processesOf(dir)).toEqual([]);
  }, 180_000);

  it('starts a service again that dies, says so, and stops everything at Ctrl-C', async () => {
    const run = start('--rate', '20', '--window-seconds', '3');
    await run.until('Ctrl-C stops everything');
    const pid = Number(readFileSync(join(dir, 'run/consumer.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await run.until('consumer ended (SIGKILL) and is started again');
    expect(processesOf(dir).length).toBeGreaterThanOrEqual(6);
    process.kill(-run.child.pid!, 'SIGINT'); // to the whole foreground group, as a terminal does
    expect(await run.ended).toBe(130);
    expect(processesOf(dir)).toEqual([]);
  }, 180_000);

  it('leaves nothing behind when it is stopped while the stack comes up', async () => {
    const run = start();
    await run.until('waiting until it is ready');
    process.kill(-run.child.pid!, 'SIGINT');
    expect(await run.ended).toBe(130);
    expect(processesOf(dir)).toEqual([]);
  }, 120_000);

  it('ends with a sentence when its stack is stopped from elsewhere', async () => {
    const run = start('--rate', '20', '--window-seconds', '3');
    await run.until('Ctrl-C stops everything');
    await stopStack(dir);
    expect(await run.ended).toBe(1);
    expect(run.said()).toContain('The stack was stopped from elsewhere.');
    expect(processesOf(dir)).toEqual([]);
  }, 180_000);

  it.each([
    [['--recording', 'no-such-file'], 'There is no file no-such-file.'],
    [['--download', 'out'], '--download copies what a run delivered, so it needs --until-delivered.'],
    [['--window-seconds', '0'], 'Allowed: a whole number from 1 to 300.'],
  ])('says in a sentence what is wrong with %j', (args, sentence) => {
    const command = [join(repositoryRoot, 'bin/tributary.js'), 'start', '--dir', dir, ...args];
    const run = () => execFileSync(process.execPath, command, { encoding: 'utf8', stdio: 'pipe' });
    expect(run).toThrow(sentence);
  });
});
