import { groupNames } from '@tributary/schemas/kafka/groups.ts';
import { homeRegions } from '@tributary/schemas/regions.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import {
  integerSetting,
  keyOf,
  neighbourRules,
  neighbourSettings,
  readSettings,
  SettingsError,
} from '@tributary/service';
import { z } from 'zod';

/** Every setting of the registration service, by its name in the environment. */
export const registrationSettings = {
  ...neighbourSettings,
  HOME_REGION: keyOf(homeRegions),
  HOST: z.string().min(1).default('127.0.0.1').describe('the address to serve the REST endpoint on'),
  PORT: integerSetting(8080, 0, 65_535, 'the port to serve the REST endpoint on'),
  METRICS_PORT: integerSetting(9466, 0, 65_535, 'the port to serve /metrics on'),
  TLS_CERT_FILE: z.string().min(1).optional().describe('a file with the certificate chain (PEM) of the REST endpoint'),
  TLS_KEY_FILE: z.string().min(1).optional().describe('a file with the key (PEM) of that certificate'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((address) => address !== ''))
    .describe('addresses or networks whose x-forwarded-for is believed, separated by commas; none'),
  REQUESTS_PER_KEY: integerSetting(600, 1, 1_000_000, 'requests a minute of one API key'),
  REQUESTS_PER_ADDRESS: integerSetting(1_200, 1, 1_000_000, 'requests a minute of one address'),
  PROBES_PER_ACCOUNT: integerSetting(60, 1, 1_000_000, 'destinations a minute that are tried out for one account'),
  PROBE_PATIENCE_SECONDS: integerSetting(20, 0, 40, 'seconds for which AWS’s refusals of a new role are tried again'),
  AWS_ENDPOINT_URL: z.url().optional().describe('the URL of a stand-in for S3 and STS; not set in production'),
  CONSUMER_GROUP_ID: z.string().min(1).default(groupNames.consumer).describe('GROUP_ID of the consumers'),
  FLUSHER_GROUP_ID: z.string().min(1).default(groupNames.flusher).describe('GROUP_ID of the flushers'),
  OCSF_VERSION: z.enum(ocsfVersions).default('1.1.0').describe(ocsfVersions.join(', ')),
  ALLOW_ANY_BUCKET: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('true also accepts buckets that no Security Lake made; false'),
};

/** The settings of the registration service, by the environment's own names. */
export type RegistrationSettings = z.output<z.ZodObject<typeof registrationSettings>>;

/** Reads the settings; throws a SettingsError that names every bad one, and half a TLS identity. */
export function readRegistrationSettings(env: Readonly<Record<string, string | undefined>>): RegistrationSettings {
  const settings = readSettings(registrationSettings, env, neighbourRules);
  if ((settings.TLS_CERT_FILE === undefined) !== (settings.TLS_KEY_FILE === undefined))
    throw new SettingsError(['TLS_CERT_FILE and TLS_KEY_FILE belong together: set both, or none for plain HTTP']);
  return settings;
}
