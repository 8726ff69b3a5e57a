import { readFileSync } from 'node:fs';
import type { FaultRig } from './rig.ts';

const mebibyte = 1_048_576;

/** The highest figures of a consumer and a flusher. */
export interface Peaked {
  /** As the kernel keeps it, MiB. */
  readonly consumerResidentMax: number;
  readonly flusherResidentMax: number;
  /** Of hand-off messages and objects that the flusher held, as it counts them, MiB. */
  readonly flusherBufferedMax: number;
  /** The longest that the event loops stood, seconds. */
  readonly consumerLoopDelayMax: number;
  readonly flusherLoopDelayMax: number;
}

/** Looks at both processes now and then, and keeps the highest figures. */
export class Peaks {
  readonly #rig: FaultRig;
  #buffered = 0;
  #consumerDelay = 0;
  #flusherDelay = 0;
  #consumerResident = 0;
  #flusherResident = 0;

  constructor(rig: FaultRig) {
    this.#rig = rig;
  }

  /** Answers what the flusher holds now, bytes. */
  async look(): Promise<number> {
    const delayOf = (service: 'consumer' | 'flusher') => this.#rig.metric(service, 'nodejs_eventloop_lag_max_seconds');
    const buffered = await this.#rig.metric('flusher', 'tributary_flusher_buffered_bytes');
    this.#buffered = Math.max(this.#buffered, buffered);
    this.#consumerDelay = Math.max(this.#consumerDelay, await delayOf('consumer'));
    this.#flusherDelay = Math.max(this.#flusherDelay, await delayOf('flusher'));
    const { services } = this.#rig;
    this.#consumerResident = Math.max(this.#consumerResident, residentMaxOf(services.pid('consumer')));
    this.#flusherResident = Math.max(this.#flusherResident, residentMaxOf(services.pid('flusher')));
    return buffered;
  }

  figures(): Peaked {
    return {
      consumerResidentMax: round(this.#consumerResident),
      flusherResidentMax: round(this.#flusherResident),
      flusherBufferedMax: round(this.#buffered / mebibyte),
      consumerLoopDelayMax: round(this.#consumerDelay),
      flusherLoopDelayMax: round(this.#flusherDelay),
    };
  }
}

/** The most that a process was in memory, MiB, as the kernel keeps it; 0 where there is none. */
export function residentMaxOf(pid: number | undefined): number {
  const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

const round = (figure: number) => Math.round(figure * 100) / 100;
