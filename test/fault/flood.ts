import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { HeldLake } from './held-lake.ts';
import { FaultRig, windowSeconds } from './rig.ts';
import { until } from './until.ts';

const mebibyte = 1_048_576;
const windowsStalled = 3;
const feedRate = 100_000;

/** A flood of one size, and the memory that the services may take for it. */
export interface FloodOptions {
  readonly events: number;
  /** Settings of both services, bytes. */
  readonly consumerMemoryMax: number;
  readonly flusherMemoryMax: number;
  readonly cutBytesMax: number;
  readonly log?: (sentence: string) => void;
}

/** What a flood did. Resident memory is the highest that the kernel saw, in MiB. */
export interface FloodFigures {
  readonly events: number;
  readonly delivered: number;
  readonly wrong: readonly string[];
  /** How many windows' work the flood was for the flusher, at the rate that it had while it caught up. */
  readonly windowsOfWork: number;
  readonly stalledSeconds: number;
  /** From the moment at which the lakes answered again until everything was delivered. */
  readonly recoverySeconds: number;
  readonly rowsPerSecond: number;
  readonly consumerResidentMax: number;
  readonly flusherResidentMax: number;
  /** Of hand-off messages and objects that the flusher held, as it counts them, MiB. */
  readonly flusherBufferedMax: number;
  /** How often the flusher threw windows away: it would, had it lost its membership during the stall. */
  readonly restarts: number;
  /** The longest that the event loops stood, seconds. */
  readonly consumerLoopDelayMax: number;
  readonly flusherLoopDelayMax: number;
}

/**
 * Puts a flood into the agents' topics while no consumer and no flusher runs, then starts both on it while every lake
 * stalls, for three windows from when the flusher is full; then the lakes answer again. So events come as fast as Kafka
 * can hand them out, which is far more than can be encoded.
 */
export async function flood(options: FloodOptions, dir = process.env.TRIBUTARY_LOCAL_DIR!): Promise<FloodFigures> {
  const { events, log = () => {} } = options;
  const lake = await HeldLake.open(readEndpoints(dir).aws);
  const rig = new FaultRig({ envOf: (name) => environmentOf(name, options, lake.url) }, dir);
  try {
    await rig.start();
    const customer = await rig.welcome();
    for (const service of ['consumer', 'flusher'] as const) await rig.services.stopOne(service);
    await customer.feed(events, feedRate);
    log(`${events} events are fed`);
    lake.hold();
    for (const service of ['consumer', 'flusher'] as const) await rig.services.startOne(service);
    const peaks = new Peaks(rig);
    const isFull = async () => (await peaks.look()) > options.flusherMemoryMax / 2;
    await until('the flusher holds as much as it may', 600_000, isFull);
    const stalledAt = performance.now();
    log('the flusher is full; the lakes stall');
    while (performance.now() - stalledAt < windowsStalled * windowSeconds * 1000) {
      await peaks.look();
      await delay(500);
    }
    lake.letGo();
    const goneOnAt = performance.now();
    log('the lakes answer again');
    await until('everything delivered', 1_800_000, async () => {
      await peaks.look();
      return (await customer.look()).waiting === 0;
    });
    const recoverySeconds = (performance.now() - goneOnAt) / 1000;
    const wrong = await customer.settled(600_000);
    await peaks.look();
    const rowsPerSecond = events / recoverySeconds;
    return {
      events,
      delivered: (await customer.look()).delivered,
      wrong,
      windowsOfWork: round(events / (rowsPerSecond * windowSeconds)),
      stalledSeconds: round((goneOnAt - stalledAt) / 1000),
      recoverySeconds: round(recoverySeconds),
      rowsPerSecond: Math.round(rowsPerSecond),
      ...peaks.figures(),
      restarts: await rig.metric('flusher', 'tributary_flusher_restarts_total'),
    };
  } finally {
    await rig.stop();
    await lake.close();
  }
}

function environmentOf(name: string, options: FloodOptions, lakeUrl: string): Record<string, string> {
  if (name === 'consumer') return { MEMORY_BYTES_MAX: String(options.consumerMemoryMax) };
  if (name !== 'flusher') return {};
  return {
    AWS_ENDPOINT_URL: lakeUrl,
    MEMORY_BYTES_MAX: String(options.flusherMemoryMax),
    CUT_BYTES_MAX: String(options.cutBytesMax),
  };
}

/** The highest figures of both processes. */
class Peaks {
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
    this.#consumerResident = residentMaxOf(this.#rig.services.pid('consumer'));
    this.#flusherResident = residentMaxOf(this.#rig.services.pid('flusher'));
    return buffered;
  }

  figures() {
    return {
      consumerResidentMax: round(this.#consumerResident),
      flusherResidentMax: round(this.#flusherResident),
      flusherBufferedMax: round(this.#buffered / mebibyte),
      consumerLoopDelayMax: round(this.#consumerDelay),
      flusherLoopDelayMax: round(this.#flusherDelay),
    };
  }
}

/** In MiB, as the kernel keeps it. */
function residentMaxOf(pid: number | undefined): number {
  const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

const round = (figure: number) => Math.round(figure * 100) / 100;
