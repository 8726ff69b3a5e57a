import { stopThrowaway, throwawayDirectory } from '@tributary/local/throwaway.ts';

/** Jest's globalTeardown: stops the stack that `stack-setup.ts` started for this process, and no other. */
export default async function teardown(): Promise<void> {
  if (process.env.TRIBUTARY_LOCAL_DIR !== throwawayDirectory()) return;
  delete process.env.TRIBUTARY_LOCAL_DIR;
  await stopThrowaway(throwawayDirectory());
}
