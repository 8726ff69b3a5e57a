import { ensureProgram, StackError } from '@tributary/local/tools.ts';

/** Prometheus and promtool of the machine, installed when root; where neither works, why tests are skipped. */
export async function prometheusOrReason(): Promise<{ readonly skipped?: string }> {
  try {
    await ensureProgram('prometheus', console.log);
    return {};
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    console.warn(`skipped: ${error.message}`);
    return { skipped: error.message };
  }
}
