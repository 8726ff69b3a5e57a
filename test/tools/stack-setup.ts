import { stackDirectory } from '@tributary/local/endpoints.ts';
import { stackStatus } from '@tributary/local/stack.ts';
import { startThrowaway, throwawayDirectory } from '@tributary/local/throwaway.ts';

/**
 * Jest's globalSetup. Tests run against the stack that TRIBUTARY_LOCAL_DIR names, which is left as it is; where the
 * variable isn't set, against a new one of their own on free ports, which `stack-teardown.ts` stops.
 */
export default async function setup(): Promise<void> {
  const named = process.env.TRIBUTARY_LOCAL_DIR;
  if (named === throwawayDirectory()) return;
  if (named) {
    const missing = (await stackStatus(named)).filter(({ state }) => state !== 'ready' && state !== 'running');
    if (missing.length === 0) return;
    const list = missing.map(({ name, state }) => `${name} (${state})`).join(', ');
    throw new Error(`TRIBUTARY_LOCAL_DIR names the stack in ${stackDirectory(named)}, which lacks ${list}.`);
  }
  process.stdout.write(`\nStarting a stack for the tests in ${throwawayDirectory()} …\n`);
  process.env.TRIBUTARY_LOCAL_DIR = await startThrowaway();
}
