/**
 * What several replicas of a REST service must know together about requests. `ioredis-requests.ts` and
 * `memory-requests.ts` implement it and pass one contract suite, `requests.contract.ts`. Every method may reject with
 * `Fault('subscriptions-unavailable')`. Nothing here is in the journal: after a loss counts begin anew.
 */
export interface RequestStore {
  /** Counts one more request of `name` in a window of `windowMs` that its first one opens. */
  hit(name: string, windowMs: number): Promise<RequestCount>;
  /** Keeps what was answered to `key` of `account` for `ttlMs`. */
  remember(account: string, key: string, answer: string, ttlMs: number): Promise<void>;
  recall(account: string, key: string): Promise<string | undefined>;
  /** Says when an API key was used (ISO 8601). */
  keyUsed(id: string, at: string): Promise<void>;
  /** When each of these API keys was last used; those that never were are absent. */
  keyUses(ids: readonly string[]): Promise<Map<string, string>>;
  close(): Promise<void>;
}

/** How many requests a window has seen, this one included, and in how many ms it ends. */
export interface RequestCount {
  readonly count: number;
  readonly resetMs: number;
}
