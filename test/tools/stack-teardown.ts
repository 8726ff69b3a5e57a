import { stopStack } from '@tributary/local/stack.ts';
import { testStackDir } from './stack-setup.ts';

/** Jest's globalTeardown: stops the stack that `stack-setup.ts` started, and no other. */
export default async function teardown(): Promise<void> {
  if (process.env.TRIBUTARY_TEST_STACK_OWNED !== '1') return;
  delete process.env.TRIBUTARY_TEST_STACK_OWNED;
  delete process.env.TRIBUTARY_LOCAL_DIR;
  await stopStack(testStackDir);
}
