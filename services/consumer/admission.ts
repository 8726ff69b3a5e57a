import type { TopicPartition } from '@tributary/stream/stream.ts';

/** Bounds of what a consumer has in memory, in bytes of fetched events. */
export interface AdmissionLimits {
  /** Of all batches that were handed over and are not committed: at so many, fetching pauses. */
  readonly heldBytesMax: number;
  /** Of those that are worked on at once: columns, rows and messages take several times as much. */
  readonly workBytesMax: number;
}

/** What an admission does to the fetching of partitions. */
export interface Fetching {
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
}

/** Partitions go on when less than this share of the limit is held, so that they don't flutter at it. */
const goOnBelow = 0.8;

interface Waiting {
  readonly name: string;
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Bounds the consumer's memory, whatever comes in: fetching pauses while much is held, and of what is held only so much
 * is worked on at once. Who waits is admitted in the order of asking; each partition asks for one portion at a time,
 * so none waits for more than one of each other.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #fetching: Fetching;
  readonly #onHeld: (bytes: number) => void;
  #assigned: readonly TopicPartition[] = [];
  #waiting: readonly Waiting[] = [];
  #held = 0;
  #inWork = 0;
  #isPaused = false;

  constructor(options: { limits: AdmissionLimits; fetching: Fetching; onHeld: (bytes: number) => void }) {
    this.#limits = options.limits;
    this.#fetching = options.fetching;
    this.#onHeld = options.onHeld;
  }

  /** The partitions that are ours now. Whether a client remembers what was paused is its own affair: say it again. */
  assigned(partitions: readonly TopicPartition[]): void {
    this.#assigned = partitions;
    if (this.#isPaused) this.#fetching.pause(partitions);
    else this.#fetching.resume(partitions);
  }

  /** These may be fetched now, as far as memory goes. */
  opened(partitions: readonly TopicPartition[]): void {
    if (!this.#isPaused) this.#fetching.resume(partitions);
  }

  /** Counts `bytes` as held until `work` has ended. */
  async hold(bytes: number, work: () => Promise<void>): Promise<void> {
    this.#holdMore(bytes);
    try {
      await work();
    } finally {
      this.#holdMore(-bytes);
    }
  }

  /** Runs `work` once there is room for it. Rejects when the signal aborts before. */
  async admit<T>(name: string, bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(bytes)) this.#inWork += bytes;
    else await this.#turn(name, bytes, signal);
    try {
      return await work();
    } finally {
      this.#inWork -= bytes;
      this.#next();
    }
  }

  /** True while a portion of this partition waits for room. */
  waits(name: string): boolean {
    return this.#waiting.some((one) => one.name === name);
  }

  #fits(bytes: number): boolean {
    return this.#inWork === 0 || this.#inWork + bytes <= this.#limits.workBytesMax;
  }

  /** Resolves with the bytes counted as in work already, so that nobody else takes the same room. */
  #turn(name: string, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((one) => one !== own);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        leave();
        this.#next();
        reject(signal.reason);
      };
      const admit = () => {
        leave();
        this.#inWork += bytes;
        resolve();
      };
      const own = { name, bytes, admit };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting = [...this.#waiting, own];
    });
  }

  #next(): void {
    for (let [first] = this.#waiting; first !== undefined && this.#fits(first.bytes); [first] = this.#waiting)
      first.admit();
  }

  #holdMore(bytes: number): void {
    this.#held += bytes;
    this.#onHeld(this.#held);
    const { heldBytesMax } = this.#limits;
    if (!this.#isPaused && this.#held >= heldBytesMax) {
      this.#isPaused = true;
      this.#fetching.pause(this.#assigned);
    } else if (this.#isPaused && this.#held < heldBytesMax * goOnBelow) {
      this.#isPaused = false;
      this.#fetching.resume(this.#assigned);
    }
  }
}
