import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isEncrypted } from './kafka-settings.ts';
import { type Rule, readCertificates } from './settings.ts';

/** How the schema registry is reached: encrypted except on this machine, with basic authentication where it asks for it. */
export const registrySettings = {
  SCHEMA_REGISTRY_URL: z
    .url({ protocol: /^https?$/ })
    .refine(isEncrypted, 'it is without TLS, which only an address of this machine may be')
    .describe('https://…, or http://… on this machine'),
  SCHEMA_REGISTRY_USERNAME: z.string().min(1).optional().describe('the user of basic authentication'),
  SCHEMA_REGISTRY_PASSWORD: z.string().min(1).optional().describe('the password of that user'),
  SCHEMA_REGISTRY_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('a file with the authorities (PEM) of the registry’s certificate'),
};

type RegistrySettings = z.output<z.ZodObject<typeof registrySettings>>;

/** What must hold between these settings. */
export const registryRules: Rule<RegistrySettings> = (settings) => {
  const { SCHEMA_REGISTRY_USERNAME: user, SCHEMA_REGISTRY_PASSWORD: password } = settings;
  const lines: string[] = [];
  if ((user === undefined) !== (password === undefined))
    lines.push('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD belong together: set both, or none');
  if (user !== undefined && new URL(settings.SCHEMA_REGISTRY_URL).username !== '')
    lines.push('SCHEMA_REGISTRY_USERNAME is set, and SCHEMA_REGISTRY_URL names a user too: say it in one place');
  return lines;
};

/** Where the registry is and how it is reached, as `packages/stream` takes it. A user in its address is one of basic authentication. */
export function registryConnection(
  settings: RegistrySettings,
  readFile = (path: string) => readFileSync(path, 'utf8'),
) {
  const ca = readCertificates('SCHEMA_REGISTRY_CA_FILE', settings.SCHEMA_REGISTRY_CA_FILE, readFile);
  const address = new URL(settings.SCHEMA_REGISTRY_URL);
  const username = settings.SCHEMA_REGISTRY_USERNAME ?? decodeURIComponent(address.username);
  const password = settings.SCHEMA_REGISTRY_PASSWORD ?? decodeURIComponent(address.password);
  return {
    url: `${address.origin}${address.pathname}`,
    ...(username === '' ? {} : { auth: { username, password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
}
