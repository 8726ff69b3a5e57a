import { Fault } from '@tributary/schemas/faults.ts';
import type { RequestCount, RequestStore } from './requests.ts';

/** The store of requests in this process' memory, for tests. `now` in ms. */
export class MemoryRequests implements RequestStore {
  readonly #now: () => number;
  readonly #windows = new Map<string, { count: number; until: number }>();
  readonly #answers = new Map<string, { answer: string; until: number }>();
  readonly #uses = new Map<string, string>();
  #away = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** From now on nothing answers. */
  goAway(): void {
    this.#away = true;
  }

  #reach(): void {
    if (this.#away) throw new Fault('subscriptions-unavailable', 'the memory store was told to be away');
  }

  async hit(name: string, windowMs: number): Promise<RequestCount> {
    this.#reach();
    const now = this.#now();
    const open = this.#windows.get(name);
    const window = open !== undefined && open.until > now ? open : { count: 0, until: now + windowMs };
    window.count += 1;
    this.#windows.set(name, window);
    return { count: window.count, resetMs: window.until - now };
  }

  async remember(account: string, key: string, answer: string, ttlMs: number): Promise<void> {
    this.#reach();
    this.#answers.set(`${account}:${key}`, { answer, until: this.#now() + ttlMs });
  }

  async recall(account: string, key: string): Promise<string | undefined> {
    this.#reach();
    const kept = this.#answers.get(`${account}:${key}`);
    return kept !== undefined && kept.until > this.#now() ? kept.answer : undefined;
  }

  async keyUsed(id: string, at: string): Promise<void> {
    this.#reach();
    this.#uses.set(id, at);
  }

  async keyUses(ids: readonly string[]): Promise<Map<string, string>> {
    this.#reach();
    return new Map(ids.flatMap((id) => (this.#uses.has(id) ? [[id, this.#uses.get(id)!] as const] : [])));
  }

  async close(): Promise<void> {}
}
