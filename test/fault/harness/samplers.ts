import { readFileSync } from 'node:fs';
import type { StreamAdmin } from '@tributary/stream';

/** Looks at committed offsets now and then, and notes each that went back. */
export class OffsetSampler {
  readonly wentBack: string[] = [];
  samples = 0;
  readonly #admin: Pick<StreamAdmin, 'committed'>;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #last = new Map<string, number>();
  readonly #ignored = new Set<string>();

  /** `groups`: the topics of each consumer group. */
  constructor(admin: Pick<StreamAdmin, 'committed'>, groups: ReadonlyMap<string, readonly string[]>) {
    this.#admin = admin;
    this.#groups = groups;
  }

  /** Doesn't look at a topic while an operator moves its offsets. */
  ignore(topic: string): void {
    this.#ignored.add(topic);
    for (const key of this.#last.keys()) if (key.startsWith(`${topic}/`)) this.#last.delete(key);
  }

  watch(topic: string): void {
    this.#ignored.delete(topic);
  }

  /** Looks once. Where Kafka doesn't answer, nothing was seen. */
  async look(): Promise<void> {
    for (const [group, topics] of this.#groups) {
      for (const topic of topics) {
        if (this.#ignored.has(topic)) continue;
        const committed = await this.#admin.committed(group, topic).catch(() => undefined);
        if (committed === undefined || this.#ignored.has(topic)) continue;
        for (const [partition, { offset }] of committed) this.#see(group, `${topic}/${partition}`, offset ?? 0);
      }
    }
    this.samples += 1;
  }

  #see(group: string, position: string, offset: number): void {
    const before = this.#last.get(position) ?? 0;
    if (offset < before) this.wentBack.push(`${position} of ${group} from ${before} to ${offset}`);
    this.#last.set(position, Math.max(before, offset));
  }
}

/** The most memory that processes had at any time, in MiB; nothing where the system doesn't tell. */
export class MemorySampler {
  readonly peaks = new Map<string, number>();

  /** Looks at one process. */
  look(name: string, pid: number | undefined): void {
    const peak = pid === undefined ? undefined : peakMebibytes(pid);
    if (peak !== undefined) this.peaks.set(name, Math.max(peak, this.peaks.get(name) ?? 0));
  }
}

function peakMebibytes(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return found === undefined ? undefined : Math.round(Number(found) / 1024);
  } catch {
    return undefined;
  }
}
