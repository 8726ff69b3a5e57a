import { readFileSync } from 'node:fs';
import { isLoopback } from '@tributary/schemas/loopback.ts';
import { z } from 'zod';
import { type Rule, readCertificates } from './settings.ts';

const mechanisms = ['none', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;
const broker = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/;
const brokersOf = (text: string) => text.split(',').map((address) => address.trim());
const hostOf = (address: string) => address.replace(/:\d+$/, '');

/** How a Kafka cluster is reached: encrypted except on this machine, and as whom. */
export const kafkaSettings = {
  KAFKA_BROKERS: z
    .string()
    .refine((text) => brokersOf(text).every((address) => broker.test(address)), 'it is no list of brokers')
    .describe('host:port, separated by commas'),
  KAFKA_TLS: z
    .enum(['true', 'false'])
    .optional()
    .describe('true, or false where every broker is on this machine; by default false only there'),
  KAFKA_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('a file with the authorities (PEM) of the brokers’ certificates'),
  KAFKA_SASL_MECHANISM: z.enum(mechanisms).default('none').describe(mechanisms.join(', ')),
  KAFKA_SASL_USERNAME: z.string().min(1).optional().describe('the user of scram-sha-256 or scram-sha-512'),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional().describe('the password of that user'),
  KAFKA_OAUTH_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .refine(isEncrypted, 'it is without TLS, which only an address of this machine may be')
    .refine(namesNobody, 'it names a user or password: those are KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET')
    .optional()
    .describe('https://…, where oauthbearer gets its tokens for client credentials'),
  KAFKA_OAUTH_CLIENT_ID: z.string().min(1).optional().describe('the client of oauthbearer'),
  KAFKA_OAUTH_CLIENT_SECRET: z.string().min(1).optional().describe('the secret of that client'),
  KAFKA_OAUTH_SCOPE: z.string().min(1).optional().describe('the scope that oauthbearer asks for'),
};

type KafkaSettings = z.output<z.ZodObject<typeof kafkaSettings>>;

/** As whom a cluster is reached, as `packages/stream` takes it. */
export type KafkaLogin =
  | { readonly mechanism: 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  | {
      readonly mechanism: 'oauthbearer';
      readonly endpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

/** True for https, for http to this machine, and for what is no address at all: another rule says that. */
export function isEncrypted(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || isLoopback(hostname);
}

/** False for an address with credentials: it is quoted in errors, and `fetch` takes none. True for what is no address at all. */
function namesNobody(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}

const isEverythingHere = ({ KAFKA_BROKERS }: KafkaSettings) =>
  brokersOf(KAFKA_BROKERS).every((address) => isLoopback(hostOf(address)));
const usesTls = (settings: KafkaSettings) =>
  settings.KAFKA_TLS === undefined ? !isEverythingHere(settings) : settings.KAFKA_TLS === 'true';

const scramNames = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
const oauthNames = ['KAFKA_OAUTH_ENDPOINT', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const;

/** What must hold between these settings. */
export const kafkaRules: Rule<KafkaSettings> = (settings) => {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  const wants = mechanism === 'none' ? [] : mechanism === 'oauthbearer' ? oauthNames : scramNames;
  const others = [...scramNames, ...oauthNames].filter((name) => !(wants as readonly string[]).includes(name));
  const lines = wants
    .filter((name) => settings[name] === undefined)
    .map((name) => `${name} is not set: KAFKA_SASL_MECHANISM = ${mechanism} needs it`);
  for (const name of others)
    if (settings[name] !== undefined)
      lines.push(`${name} is set: it does not belong to KAFKA_SASL_MECHANISM = ${mechanism}. Set both, or none`);
  if (!usesTls(settings) && !isEverythingHere(settings))
    lines.push('KAFKA_TLS = false: only brokers of this machine may be reached without TLS. Allowed: true');
  if (!usesTls(settings) && settings.KAFKA_CA_FILE !== undefined)
    lines.push('KAFKA_CA_FILE is set: without TLS it checks nothing. Set KAFKA_TLS = true');
  return lines;
};

/**
 * The connection that the settings describe, as `packages/stream` takes it. Throws a SettingsError when the file of
 * authorities can't be read.
 */
export function kafkaConnection(settings: KafkaSettings, readFile = (path: string) => readFileSync(path, 'utf8')) {
  const ca = readCertificates('KAFKA_CA_FILE', settings.KAFKA_CA_FILE, readFile);
  const sasl = loginOf(settings);
  return {
    brokers: brokersOf(settings.KAFKA_BROKERS),
    ...(usesTls(settings) ? { ssl: ca === undefined ? true : { ca } } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  };
}

function loginOf(settings: KafkaSettings): KafkaLogin | undefined {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (mechanism === 'none') return undefined;
  if (mechanism !== 'oauthbearer')
    return { mechanism, username: settings.KAFKA_SASL_USERNAME!, password: settings.KAFKA_SASL_PASSWORD! };
  return {
    mechanism,
    endpoint: settings.KAFKA_OAUTH_ENDPOINT!,
    clientId: settings.KAFKA_OAUTH_CLIENT_ID!,
    clientSecret: settings.KAFKA_OAUTH_CLIENT_SECRET!,
    ...(settings.KAFKA_OAUTH_SCOPE === undefined ? {} : { scope: settings.KAFKA_OAUTH_SCOPE }),
  };
}
