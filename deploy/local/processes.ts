import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from './part.ts';

/**
 * The processes of a stack: `<dir>/run/<name>.pid`, `<dir>/log/<name>.log`. They outlive whoever started them. A number
 * alone proves nothing, as the system uses it again: each process carries a mark in its environment, and only a process
 * with the mark of this directory and name is ever taken for ours or killed.
 */
const markName = 'TRIBUTARY_PROCESS';
const markOf = (directory: string, name: string) => `${markName}=${directory}#${name}`;

/** The mark, for the environment of a process that is started elsewhere and whose pid file is written there. */
export const processMark = (directory: string, name: string) => ({ [markName]: `${directory}#${name}` });

const pidFile = (directory: string, name: string) => join(directory, 'run', `${name}.pid`);

/** The log of a process; lines of earlier runs stay above. */
export const logFile = (directory: string, name: string) => join(directory, 'log', `${name}.log`);

function environmentOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/environ`, 'utf8');
    return execFileSync('ps', ['eww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).replaceAll(' ', '\0');
  } catch {
    return '';
  }
}

/** The pid of the process `name` of this stack, if it runs; a pid file whose process is gone or another's counts as none. */
export function runningPid(directory: string, name: string): number | undefined {
  const file = pidFile(directory, name);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  const ours = Number.isInteger(pid) && pid > 1 && environmentOf(pid).split('\0').includes(markOf(directory, name));
  return ours ? pid : undefined;
}

/** The names of all processes of this stack that run now, our services' as well. */
export function runningNames(directory: string): string[] {
  const run = join(directory, 'run');
  if (!existsSync(run)) return [];
  return readdirSync(run)
    .filter((file) => file.endsWith('.pid'))
    .map((file) => file.slice(0, -'.pid'.length))
    .filter((name) => runningPid(directory, name) !== undefined);
}

/**
 * Starts a process that goes on when we end; answers its pid. The caller makes sure that none of this name runs.
 * `onExit` is told how it ended, as long as we run ourselves.
 */
export function startProcess(
  directory: string,
  name: string,
  command: Command,
  cwd = directory,
  onExit: (how: string) => void = () => {},
): number {
  mkdirSync(join(directory, 'run'), { recursive: true });
  mkdirSync(join(directory, 'log'), { recursive: true });
  const output = openSync(logFile(directory, name), 'a');
  const child = spawn(command.file, command.args, {
    cwd,
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...command.env, ...processMark(directory, name) },
  });
  closeSync(output);
  child.on('error', () => {});
  child.on('exit', (code, signal) => onExit(signal ?? `exit code ${code}`));
  if (child.pid === undefined) throw new Error(`${command.file} could not be started.`);
  child.unref();
  writeFileSync(pidFile(directory, name), `${child.pid}\n`);
  return child.pid;
}

const stopWithinMs = 30_000;

/**
 * Stops a process and its children: SIGTERM, and SIGKILL when it is still there after 30 s (at once with `kill`).
 * Resolves when it is gone; nothing happens when it doesn't run.
 */
export async function stopProcess(directory: string, name: string, kill = false): Promise<void> {
  const pid = runningPid(directory, name);
  if (pid === undefined) return;
  signal(pid, kill ? 'SIGKILL' : 'SIGTERM');
  // One that was paused takes its SIGTERM only when it goes on.
  if (!kill) signal(pid, 'SIGCONT');
  const deadline = Date.now() + stopWithinMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await pause(20);
  }
  rmSync(pidFile(directory, name), { force: true });
}

/**
 * Sends a signal to a process and its children, such as SIGSTOP: answers at once, whatever becomes of it. False when it
 * doesn't run.
 */
export function signalProcess(directory: string, name: string, which: NodeJS.Signals): boolean {
  const pid = runningPid(directory, name);
  if (pid !== undefined) signal(pid, which);
  return pid !== undefined;
}

// Each process leads a group of its own, so its children get the signal as well.
function signal(pid: number, which: NodeJS.Signals) {
  try {
    process.kill(-pid, which);
  } catch {
    // It ended between the look and the signal.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A dead child of ours that was not yet waited for still answers signals; its ports are free when its last thread is gone.
  return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(statOf(pid)) || threadsOf(pid) > 1;
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return `${pid} () Z`;
  }
}
