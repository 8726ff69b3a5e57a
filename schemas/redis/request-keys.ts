/**
 * Keys in Redis about requests, not about registrations: they end by themselves and are in no journal. Losing them costs
 * a limit or a repeated answer, never a registration.
 */
export const requestKeys = {
  /** Counter with expiry: requests of one API key or address in the window that its first one opened. */
  rate: (name: string): string => `{tributary}:rate:${name}`,
  /** String with expiry: what was answered to an Idempotency-Key of an account. */
  answer: (account: string, key: string): string => `{tributary}:answer:${account}:${key}`,
  /** Hash: API key id → when it was last used, ISO 8601, to the minute. */
  keyUse: '{tributary}:key-use',
} as const;
