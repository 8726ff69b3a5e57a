import { z } from 'zod';

/** A setting that stops the start: one line each with its name, its value and what is allowed. */
export class SettingsError extends Error {
  constructor(lines: readonly string[]) {
    super(`These settings stop the start:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

const secretName = /SECRET|PASSWORD|TOKEN|ACCESS_KEY|_HEADERS$/;
/** A value with an `@` may be an address with credentials, such as `rediss://user:pass/word@host`, sound or not. */
const isSecret = (name: string, value: string) => secretName.test(name) || value.includes('@');

/** What must hold between several settings: a line for each thing that doesn't, which never shows a secret. */
export type Rule<Settings> = (settings: Settings) => readonly string[];

/**
 * Reads a service's settings from `env` by its shape: names are the environment's own. Throws a SettingsError that
 * names every bad setting at once, with its value (never that of a secret) and what is allowed; then the same for what
 * the rules find.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
  rules: readonly Rule<z.output<z.ZodObject<Shape>>>[] = [],
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in shape && value !== ''));
  const result = z.object(shape).safeParse(present);
  if (result.success) {
    const broken = rules.flatMap((rule) => rule(result.data));
    if (broken.length > 0) throw new SettingsError(broken);
    return result.data;
  }
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

/** The certificates of the file that the setting `name` names. Throws a SettingsError when it can't be read or has none. */
export function readCertificates(
  name: string,
  path: string | undefined,
  readFile: (path: string) => string,
): string | undefined {
  if (path === undefined) return undefined;
  const allowed = 'Allowed: a file with certificates (PEM)';
  try {
    const text = readFile(path);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsError([`${name} = ${JSON.stringify(path)}: it can’t be read (${code}). ${allowed}`]);
  }
  throw new SettingsError([`${name} = ${JSON.stringify(path)}: there is no certificate in it. ${allowed}`]);
}
