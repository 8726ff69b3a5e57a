import { Fault } from '@tributary/schemas/faults.ts';
import { parseRedisAddress, plainRedisRefusal, type RedisAddress } from '@tributary/schemas/redis/address.ts';
import { redisSlot } from '@tributary/schemas/redis/keys.ts';
import { Cluster, type RedisOptions as IoredisOptions, Redis } from 'ioredis';

type VendorOptions = Omit<IoredisOptions, 'replyMapping'>;

/** Where Redis is, and how long it may take to answer. */
export interface RedisOptions {
  /** One server, sentinels or a cluster, as `parseRedisAddress` reads it; plain only to this machine. */
  readonly url: string;
  /** Certificates (PEM) to trust beside the system's own. */
  readonly tlsCa?: string;
  /** How long one command, or the wait for a connection, may take. */
  readonly commandTimeoutMs?: number;
}

/** How long one command, or the wait for a connection, may take unless asked otherwise. */
export const commandTimeoutMs = 1_000;

/** A connection of any kind. A cluster's has every method that we use, and sends each command to where our keys are. */
export type RedisConnection = Redis;

/** A connection that is made by itself and again after every loss; plain only to this machine. */
export function connectRedis(options: RedisOptions): RedisConnection {
  const address = parseRedisAddress(options.url);
  const refusal = plainRedisRefusal(options.url);
  if (address === undefined || refusal !== undefined) throw new Error(`The address of Redis ${refusal}.`);
  const common = commonOptions(address, options);
  if (address.kind === 'cluster') return connectCluster(address, common) as unknown as Redis;
  if (address.kind === 'sentinel') return new Redis({ ...common, ...sentinelOptions(address, options) });
  return new Redis({ ...common, ...address.hosts[0]! });
}

function commonOptions(address: RedisAddress, options: RedisOptions): VendorOptions {
  const timeoutMs = options.commandTimeoutMs ?? commandTimeoutMs;
  return {
    ...(address.tls ? { tls: tlsOptions(options) } : {}),
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    db: address.database,
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    disconnectTimeout: 200,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    // A command that was reported as failed must not be done later.
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryMs,
    // After a failover the old primary refuses writes: connect again to find the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    disableClientInfo: true,
  };
}

const retryMs = (times: number) => Math.min(50 * times, 500);
const tlsOptions = ({ tlsCa }: RedisOptions) => (tlsCa === undefined ? {} : { ca: tlsCa });

function sentinelOptions({ hosts, name, tls }: RedisAddress, options: RedisOptions): VendorOptions {
  return {
    sentinels: hosts.map((host) => ({ ...host })),
    name: name!,
    role: 'master',
    sentinelRetryStrategy: retryMs,
    sentinelCommandTimeout: options.commandTimeoutMs ?? commandTimeoutMs,
    // A primary that the sentinels have replaced may still answer: leave it as soon as they say so.
    failoverDetector: true,
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(options) } : {}),
  };
}

function connectCluster({ hosts }: RedisAddress, { db: _, ...redisOptions }: VendorOptions): Cluster {
  return new Cluster([...hosts], {
    redisOptions,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryMs,
    slotsRefreshTimeout: redisOptions.connectTimeout ?? commandTimeoutMs,
    slotsRefreshInterval: 2_000,
    // Few enough that a command ends within about twice its timeout.
    maxRedirections: 8,
  });
}

/**
 * Counts connections, and in a cluster also the servers that had our keys: after another one the answers may lack the
 * newest writes.
 */
export function connectionCounter(connection: RedisConnection): () => number {
  let count = 0;
  const onReady = () => {
    count += 1;
  };
  connection.on('ready', onReady);
  const cluster = connection as unknown as Cluster;
  if (!cluster.isCluster) return () => count;
  cluster.on('+node', (node: Redis) => node.on('ready', onReady));
  let owner: string | undefined;
  return () => {
    const present = cluster.slots[redisSlot]?.[0];
    if (present !== owner) count += 1;
    owner = present;
    return count;
  };
}

/** ioredis refuses a command at once while it connects; a process that just started would fail for nothing. */
export async function ready(redis: RedisConnection, withinMs: number): Promise<void> {
  // As many commands wait for it as come at once.
  redis.setMaxListeners(0);
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
