import { Fault } from '@tributary/schemas/faults.ts';
import { requestKeys } from '@tributary/schemas/redis/request-keys.ts';
import type { Redis } from 'ioredis';
import { commandTimeoutMs, connectRedis, type RedisOptions, ready, unavailable } from './ioredis-connection.ts';
import type { RequestCount, RequestStore } from './requests.ts';

/** Counts in one step, so that a window never loses its end. KEYS counter; ARGV window-ms. Answers count and ms left. */
const hitScript = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

/** The store of requests in Redis 6.2 or later, over a connection of its own. `onError` hears of connection trouble. */
export function createRedisRequests(options: RedisOptions, onError: (error: Error) => void = () => {}): RequestStore {
  const redis = connectRedis(options);
  redis.on('error', onError);
  return new RedisRequests(redis, options.commandTimeoutMs ?? commandTimeoutMs);
}

class RedisRequests implements RequestStore {
  readonly #redis: Redis;
  readonly #timeoutMs: number;

  constructor(redis: Redis, timeoutMs: number) {
    this.#redis = redis;
    this.#timeoutMs = timeoutMs;
  }

  async #run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      if (this.#redis.status !== 'ready') await ready(this.#redis, this.#timeoutMs);
      return await command(this.#redis);
    } catch (cause) {
      throw cause instanceof Fault ? cause : unavailable(cause as Error);
    }
  }

  async hit(name: string, windowMs: number): Promise<RequestCount> {
    const answer = await this.#run((redis) => redis.eval(hitScript, 1, requestKeys.rate(name), windowMs));
    const [count, resetMs] = answer as [number, number];
    return { count, resetMs };
  }

  async remember(account: string, key: string, answer: string, ttlMs: number): Promise<void> {
    await this.#run((redis) => redis.set(requestKeys.answer(account, key), answer, 'PX', ttlMs));
  }

  async recall(account: string, key: string): Promise<string | undefined> {
    return (await this.#run((redis) => redis.get(requestKeys.answer(account, key)))) ?? undefined;
  }

  async keyUsed(id: string, at: string): Promise<void> {
    await this.#run((redis) => redis.hset(requestKeys.keyUse, id, at));
  }

  async keyUses(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const found = await this.#run((redis) => redis.hmget(requestKeys.keyUse, ...ids));
    return new Map(ids.flatMap((id, index) => (found[index] ? [[id, found[index]] as const] : [])));
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}
