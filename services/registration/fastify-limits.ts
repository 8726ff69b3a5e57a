import { isIPv6 } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { RequestStore } from '@tributary/subscriptions';
import type { FastifyInstance } from 'fastify';
import { tooMany } from './problem.ts';
import { rateWindowMs } from './steps/limit.ts';

type Counted = (error: Error | null, result?: { current: number; ttl: number }) => void;

const unsaid = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };

/**
 * The network that is counted as one client: of an IPv6 address its /64, within which a client may choose its address
 * anew for each request (RFC 8981). Any other address stands for itself.
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const halves = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const [left = [], right = []] = halves;
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

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
    keyGenerator: ({ ip }) => clientNetwork(ip),
    skipOnError: true,
    // Nobody may learn how much others ask from the same address.
    addHeaders: { ...unsaid, 'retry-after': false },
    addHeadersOnExceeding: unsaid,
    errorResponseBuilder: (_request, { max, ttl }) => tooMany('requests', 'this address', max, ttl),
  });
}
