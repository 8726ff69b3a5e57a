import { Fault } from '@tributary/schemas/faults.ts';
import { plainRedisRefusal } from '@tributary/schemas/redis/address.ts';
import { Redis } from 'ioredis';

/** Where Redis is, and how long it may take to answer. */
export interface RedisOptions {
  /** `rediss://user:password@host:6379/0`; plain `redis://` only to this machine. */
  readonly url: string;
  /** Certificates (PEM) to trust beside the system's own. */
  readonly tlsCa?: string;
  /** How long one command, or the wait for a connection, may take. */
  readonly commandTimeoutMs?: number;
}

/** How long one command, or the wait for a connection, may take unless asked otherwise. */
export const commandTimeoutMs = 1_000;

/** A connection that is made by itself and again after every loss; plain only to this machine. */
export function connectRedis(options: RedisOptions): Redis {
  const refusal = plainRedisRefusal(options.url);
  if (refusal !== undefined) throw new Error(`The address of Redis ${refusal}.`);
  const timeoutMs = options.commandTimeoutMs ?? commandTimeoutMs;
  return new Redis(options.url, {
    ...(options.tlsCa === undefined ? {} : { tls: { ca: options.tlsCa } }),
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    disconnectTimeout: 200,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    // A command that was reported as failed must not be done later.
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(50 * times, 500),
    // After a failover the old primary refuses writes: connect again to find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
  });
}

/** ioredis refuses a command at once while it connects; a process that just started would fail for nothing. */
export async function ready(redis: Redis, withinMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      redis.off('ready', onReady);
      then();
    };
    const onReady = () => settle(resolve);
    const timer = setTimeout(() => settle(() => reject(new Error(`not connected (${redis.status})`))), withinMs);
    redis.once('ready', onReady);
  });
}

/** The fault of a command that failed. */
export function unavailable(cause: Error): Fault {
  // The message of an ioredis error may hold arguments, so only its name and first word are told.
  const code = (cause as NodeJS.ErrnoException).code ?? cause.message.split(/[\s(]/, 1)[0];
  return new Fault('subscriptions-unavailable', `${cause.name}: ${code}`, { cause });
}
