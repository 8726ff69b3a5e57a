import { stackDirectory } from '@tributary/local/endpoints.ts';
import { partNames } from '@tributary/local/part.ts';
import { stackStatus, startStack } from '@tributary/local/stack.ts';

/** Where the tests' own stack lies when nobody names one. */
export const testStackDir = '.local/test';

/**
 * Jest's globalSetup. Tests run against the stack that TRIBUTARY_LOCAL_DIR names, which is left as it is; where the
 * variable isn't set, against one of their own on free ports, which `stack-teardown.ts` stops.
 */
export default async function setup(): Promise<void> {
  const named = process.env.TRIBUTARY_LOCAL_DIR;
  if (named) {
    const missing = (await stackStatus(named)).filter(({ state }) => state !== 'ready' && state !== 'running');
    if (missing.length === 0) return;
    const list = missing.map(({ name, state }) => `${name} (${state})`).join(', ');
    throw new Error(`TRIBUTARY_LOCAL_DIR names the stack in ${stackDirectory(named)}, which lacks ${list}.`);
  }
  process.stdout.write(`Starting a stack for the tests in ${testStackDir} (${partNames.join(', ')}) …\n`);
  await startStack({ dir: testStackDir, portBase: 0 });
  process.env.TRIBUTARY_LOCAL_DIR = stackDirectory(testStackDir);
  process.env.TRIBUTARY_TEST_STACK_OWNED = '1';
}
