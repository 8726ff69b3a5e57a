import { homeRegions } from '@tributary/schemas/regions.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { integerSetting, keyOf, neighbourSettings, readSettings } from '@tributary/service';
import { z } from 'zod';

const shape = {
  ...neighbourSettings,
  HOME_REGION: keyOf(homeRegions),
  HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve the REST endpoint on'),
  PORT: integerSetting(8080, 0, 65_535, 'the port to serve the REST endpoint on'),
  METRICS_PORT: integerSetting(9466, 0, 65_535, 'the port to serve /metrics on'),
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
