import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { plainRedisRefusal } from '@tributary/schemas/redis/address.ts';
import { z } from 'zod';

/** A setting that is one of the keys of `table`. */
export const keyOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(table) as [Name, ...Name[]]).describe(Object.keys(table).join(', '));

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** The settings that every service has: its neighbours' addresses, and how it is operated. */
export const neighbourSettings = {
  KAFKA_BROKERS: z.string().min(1).describe('host:port, separated by commas'),
  REDIS_URL: z
    .string()
    .refine((address) => plainRedisRefusal(address) === undefined, {
      error: ({ input }) => `it ${plainRedisRefusal(String(input))}`,
    })
    .describe(
      'rediss://user:password@host:port, rediss-sentinel://host:port,host:port/name or rediss-cluster://host:port,host:port; without TLS only to this machine',
    ),
  CLUSTER_LAYOUT: keyOf(clusterLayouts).default('production').describe(Object.keys(clusterLayouts).join(', ')),
  METRICS_HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve /metrics on'),
  LOG_LEVEL: z.enum(logLevels).default('info').describe(logLevels.join(', ')),
};

/** The level to log with before the settings are read; `info` where LOG_LEVEL is none, which the settings then refuse. */
export function logLevelOf(env: Readonly<Record<string, string | undefined>>): string {
  return logLevels.find((level) => level === env.LOG_LEVEL) ?? 'info';
}
