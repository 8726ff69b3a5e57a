import type { Exchange } from '../pipeline.ts';
import { tooMany } from '../problem.ts';

/** The window in which requests are counted. */
export const rateWindowMs = 60_000;

/**
 * Counts the requests of an API key once it has proved its secret: who only knows a key's name can't use its limit up.
 * Addresses are counted before, in fastify.ts.
 */
export async function limitKey({ apiKey, neighbours }: Exchange): Promise<void> {
  const { count, resetMs } = await neighbours.requests.hit(`key/${apiKey}`, rateWindowMs);
  if (count > neighbours.rates.perKey) throw tooMany('requests', 'this API key', neighbours.rates.perKey, resetMs);
}
