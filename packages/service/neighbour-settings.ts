import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { z } from 'zod';
import { kafkaRules, kafkaSettings } from './kafka-settings.ts';
import { redisRules, redisSettings } from './redis-settings.ts';
import { tracingRules, tracingSettings } from './tracing-settings.ts';

/** A setting that is one of the keys of `table`. */
export const keyOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(table) as [Name, ...Name[]]).describe(Object.keys(table).join(', '));

const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** The settings that every service has: its neighbours' addresses, and how it is operated. */
export const neighbourSettings = {
  ...kafkaSettings,
  ...redisSettings,
  CLUSTER_LAYOUT: keyOf(clusterLayouts).default('production').describe(Object.keys(clusterLayouts).join(', ')),
  METRICS_HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve /metrics on'),
  ...tracingSettings,
  LOG_LEVEL: z.enum(logLevels).default('info').describe(logLevels.join(', ')),
};

/** What must hold between the settings that every service has. */
export const neighbourRules = [kafkaRules, redisRules, tracingRules] as const;

/** The level to log with before the settings are read; `info` where LOG_LEVEL is none, which the settings then refuse. */
export function logLevelOf(env: Readonly<Record<string, string | undefined>>): string {
  return logLevels.find((level) => level === env.LOG_LEVEL) ?? 'info';
}
