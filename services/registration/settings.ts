import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { integerSetting, readSettings } from '@tributary/service';
import { plainRedisRefusal } from '@tributary/subscriptions';
import { z } from 'zod';

const names = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(table) as [Name, ...Name[]]).describe(Object.keys(table).join(', '));

const shape = {
  KAFKA_BROKERS: z.string().min(1).describe('host:port, separated by commas'),
  REDIS_URL: z
    .string()
    .refine((address) => plainRedisRefusal(address) === undefined, {
      error: ({ input }) => `it ${plainRedisRefusal(String(input))}`,
    })
    .describe('rediss://user:password@host:port, or redis:// to this machine'),
  HOME_REGION: names(homeRegions),
  CLUSTER_LAYOUT: names(clusterLayouts).default('production'),
  HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve the REST endpoint on'),
  PORT: integerSetting(8080, 0, 65_535, 'the port to serve the REST endpoint on'),
  METRICS_HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve /metrics on'),
  METRICS_PORT: integerSetting(9466, 0, 65_535, 'the port to serve /metrics on'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('debug, info, warn or error'),
  OCSF_VERSION: z.enum(ocsfVersions).default('1.1.0').describe(ocsfVersions.join(', ')),
  ALLOW_ANY_BUCKET: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('true also accepts buckets that no Security Lake made; false'),
};

/** The settings of the registration service, by the environment's own names. */
export type RegistrationSettings = z.output<z.ZodObject<typeof shape>>;

/** Reads the settings; throws a SettingsError that names every bad one. */
export function readRegistrationSettings(env: Readonly<Record<string, string | undefined>>): RegistrationSettings {
  return readSettings(shape, env);
}
