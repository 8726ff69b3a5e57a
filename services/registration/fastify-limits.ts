import rateLimit from '@fastify/rate-limit';
import type { RequestStore } from '@tributary/subscriptions';
import type { FastifyInstance } from 'fastify';
import { tooMany } from './problem.ts';
import { rateWindowMs } from './steps/limit.ts';

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void;

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
    errorResponseBuilder: (_request, { max, ttl }) => tooMany('this address', max, ttl),
  });
}
