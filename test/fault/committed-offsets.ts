import type { Stream, StreamAdmin } from '@tributary/stream';

const lookEveryMs = 250;

/** Watches what a group has committed of topics, and keeps what must never be: an offset that went back. */
export class CommittedOffsets {
  readonly wentBack: string[] = [];
  readonly #admin: StreamAdmin;
  readonly #groupId: string;
  readonly #topics: readonly string[];
  readonly #highest = new Map<string, number>();
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Stream, groupId: string, topics: readonly string[]) {
    this.#admin = stream.admin();
    this.#groupId = groupId;
    this.#topics = topics;
  }

  watch(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look()).catch(() => undefined);
    }, lookEveryMs);
  }

  async look(): Promise<void> {
    for (const topic of this.#topics) {
      for (const [partition, { offset }] of await this.#admin.committed(this.#groupId, topic)) {
        const key = `${topic}-${partition}`;
        const highest = this.#highest.get(key) ?? 0;
        if (offset === undefined) continue;
        if (offset < highest) this.wentBack.push(`${key} from ${highest} to ${offset}`);
        this.#highest.set(key, Math.max(highest, offset));
      }
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#admin.close();
  }
}
