import { z } from 'zod';

/** A setting that stops the start: one line each with its name, its value and what is allowed. */
export class SettingsError extends Error {
  constructor(lines: readonly string[]) {
    super(`These settings stop the start:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

const secretName = /SECRET|PASSWORD|TOKEN|ACCESS_KEY/;
/** A value with an `@` may be an address with credentials, such as `rediss://user:pass/word@host`, sound or not. */
const isSecret = (name: string, value: string) => secretName.test(name) || value.includes('@');

/**
 * Reads a service's settings from `env` by its shape: names are the environment's own. Throws a SettingsError that
 * names every bad setting at once, with its value (never that of a secret) and what is allowed.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in shape && value !== ''));
  const result = z.object(shape).safeParse(present);
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const value = env[name];
      const shown =
        value === undefined ? 'is not set' : isSecret(name, value) ? '(a secret)' : `= ${JSON.stringify(value)}`;
      const field = shape[name] as z.ZodType | undefined;
      return `${name} ${shown}: ${issue.message}${field?.description ? `. Allowed: ${field.description}` : ''}`;
    }),
  );
}

/** A whole number from `min` to `max`; `fallback` where it isn't set. */
export function integerSetting(fallback: number, min: number, max: number, what: string) {
  return z.coerce
    .number()
    .int()
    .min(min)
    .max(max)
    .default(fallback)
    .describe(`${what}: a whole number from ${min} to ${max}`);
}
