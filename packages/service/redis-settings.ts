import { readFileSync } from 'node:fs';
import { parseRedisAddress, plainRedisRefusal, withRedisCredentials } from '@tributary/schemas/redis/address.ts';
import { z } from 'zod';
import { type Rule, readCertificates } from './settings.ts';

/** How Redis is reached: encrypted except on this machine, as a user of its ACL. */
export const redisSettings = {
  REDIS_URL: z
    .string()
    .refine((address) => plainRedisRefusal(address) === undefined, {
      error: ({ input }) => `it ${plainRedisRefusal(String(input))}`,
    })
    .describe(
      'rediss://user:password@host:port, rediss-sentinel://host:port,host:port/name or rediss-cluster://host:port,host:port; without TLS only to this machine',
    ),
  REDIS_USERNAME: z.string().min(1).optional().describe('the user of Redis’ ACL, where the address names none'),
  REDIS_PASSWORD: z.string().min(1).optional().describe('the password of that user'),
  REDIS_CA_FILE: z.string().min(1).optional().describe('a file with the authorities (PEM) of Redis’ certificates'),
};

type RedisSettings = z.output<z.ZodObject<typeof redisSettings>>;

/** What must hold between these settings. */
export const redisRules: Rule<RedisSettings> = (settings) => {
  const { REDIS_USERNAME: user, REDIS_PASSWORD: password } = settings;
  const lines: string[] = [];
  if (user !== undefined && password === undefined)
    lines.push('REDIS_PASSWORD is not set: REDIS_USERNAME needs it. Set both, or none');
  if (password !== undefined && parseRedisAddress(settings.REDIS_URL)?.password !== undefined)
    lines.push('REDIS_PASSWORD is set, and REDIS_URL has a password too: say it in one place');
  return lines;
};

/** Where Redis is and how it is reached, as `packages/subscriptions` takes it. */
export function redisConnection(settings: RedisSettings, readFile = (path: string) => readFileSync(path, 'utf8')) {
  const { REDIS_URL: url, REDIS_USERNAME: user, REDIS_PASSWORD: password } = settings;
  const tlsCa = readCertificates('REDIS_CA_FILE', settings.REDIS_CA_FILE, readFile);
  return {
    url: password === undefined ? url : withRedisCredentials(url, user, password),
    ...(tlsCa === undefined ? {} : { tlsCa }),
  };
}
