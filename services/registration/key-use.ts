import type { Log } from '@tributary/service';
import type { RequestStore } from '@tributary/subscriptions';

/** How coarse the time of the last use is, and how often it is written at most, per key. */
export const useGrainMs = 60_000;

/** Notes the use of API keys: coarse, at most once a minute a key, and never in the way of a request. */
export class KeyUse {
  readonly #requests: Pick<RequestStore, 'keyUsed'>;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #minutes = new Map<string, number>();
  #latest = -1;

  constructor({ requests, now, log }: { requests: Pick<RequestStore, 'keyUsed'>; now: () => number; log: Log }) {
    this.#requests = requests;
    this.#now = now;
    this.#log = log;
  }

  used(id: string): void {
    const minute = Math.floor(this.#now() / useGrainMs);
    if (this.#minutes.get(id) === minute) return;
    // Each minute begins an empty list, so that it never grows beyond the keys of one minute.
    if (minute !== this.#latest) this.#minutes.clear();
    this.#latest = minute;
    this.#minutes.set(id, minute);
    this.#requests.keyUsed(id, new Date(minute * useGrainMs).toISOString()).catch((error: unknown) => {
      this.#log.warn({ err: error }, 'the last use of an API key was not noted');
    });
  }
}
