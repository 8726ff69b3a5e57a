import { InvalidArgumentError } from 'commander';

/** Reads an option's value as an account with us. */
export function readAccount(text: string): string {
  if (/^[0-9]{12}$/.test(text)) return text;
  throw new InvalidArgumentError('An account is 12 digits.');
}

/** Reads an option's value as a time, ms since the epoch. */
export function readTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('Allowed: a day such as 2026-01-31 (UTC), or a time such as 2026-01-31T23:59:00Z.');
}
