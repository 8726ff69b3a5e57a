import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stackDirectory } from './endpoints.ts';
import { type StackOptions, startStack, stopStack } from './stack.ts';

const home = () => stackDirectory('.local/test');

/** The directory of the throw-away stack of a process: each test run has its own, so that runs don't meet. */
export const throwawayDirectory = (pid: number = process.pid) => join(home(), String(pid));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Stops and removes what test runs left behind that were killed before they could. */
export async function sweepThrowaways(): Promise<void> {
  const left = existsSync(home()) ? readdirSync(home()).filter((name) => /^\d+$/.test(name)) : [];
  for (const name of left) {
    if (isAlive(Number(name))) continue;
    await stopStack(join(home(), name));
    await rm(join(home(), name), { recursive: true, force: true });
  }
}

/** A new, empty stack on free ports for this process only; answers its directory. */
export async function startThrowaway(options: Omit<StackOptions, 'dir' | 'portBase'> = {}): Promise<string> {
  await sweepThrowaways();
  const dir = throwawayDirectory();
  await rm(dir, { recursive: true, force: true });
  await startStack({ ...options, dir, portBase: 0 });
  return dir;
}

/** Stops it and removes its data. Its logs stay until the next run, for whoever wants to know why a test failed. */
export async function stopThrowaway(dir: string): Promise<void> {
  await stopStack(dir);
  await rm(join(dir, 'data'), { recursive: true, force: true });
}
