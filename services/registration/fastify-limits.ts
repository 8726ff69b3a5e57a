import rateLimit from '@fastify/rate-limit';
import type { RequestStore } from '@tributary/subscriptions';
import type { FastifyInstance } from 'fastify';
import { tooMany } from './problem.ts';
import { rateWindowMs } from './steps/limit.ts';

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void;

const unsaid = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };

/**
 * Counts the requests of every address, in Redis, before anything else is done for them. While Redis is away nobody is
 * refused for its count: whatever needs Redis is answered 503 anyway.
 */
export async function limitAddresses(
  server: FastifyInstance,
  requests: RequestStore,
  perAddress: number,
): Promise<void> {
  class AddressCounts {
    incr(address: string, counted: Counted): void {
      requests.hit(`address/${address}`, rateWindowMs).then(
        ({ count, resetMs }) => counted(null, { current: count, ttl: resetMs }),
        (error: Error) => counted(error),
      );
    }

    child(): AddressCounts {
      return this;
    }
  }
  await server.register(rateLimit, {
    max: perAddress,
    timeWindow: rateWindowMs,
    store: AddressCounts,
    skipOnError: true,
    // Nobody may learn how much others ask from the same address.
    addHeaders: { ...unsaid, 'retry-after': false },
    addHeadersOnExceeding: unsaid,
    errorResponseBuilder: (_request, { max, ttl }) => tooMany('requests', 'this address', max, ttl),
  });
}
