import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import type { Customer } from './customer.ts';
import { type EncodedWork, encodedVariable, readEncoded } from './encoded-work.ts';
import { type Peaked, Peaks } from './flood-peaks.ts';
import { HeldLake } from './held-lake.ts';
import { FaultRig, windowSeconds } from './rig.ts';
import { until } from './until.ts';

const windowsStalled = 3;
const feedRate = 100_000;
const settledWithinMs = 900_000;

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
export interface FloodFigures extends Peaked {
  readonly events: number;
  readonly delivered: number;
  readonly wrong: readonly string[];
  readonly stalledSeconds: number;
  /** What the flusher encoded of this flood, and the seconds in which it was encoding. */
  readonly rowsEncoded: number;
  readonly encodingSeconds: number;
  /** How often the flood is what the flusher can encode, at that rate, while the lakes stall. */
  readonly timesEncodable: number;
  /** From the moment at which the lakes answered again until the last object was created. */
  readonly recoverySeconds: number;
  /** The rows that were delivered in that time, a second. */
  readonly rowsPerSecond: number;
  /** How often the flusher threw windows away: it would, had it lost its membership during the stall. */
  readonly restarts: number;
}

/**
 * Puts a flood into the agents' topics while no consumer and no flusher runs, then starts both on it while every lake
 * stalls, for three windows from when the flusher is full; then the lakes answer again. So events come as fast as Kafka
 * can hand them out, which is far more than can be encoded.
 */
export async function flood(options: FloodOptions, dir = process.env.TRIBUTARY_LOCAL_DIR!): Promise<FloodFigures> {
  const { events, log = () => {} } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'tributary-flood-'));
  const encodedFile = join(scratch, 'encoded.json');
  const lake = await HeldLake.open(readEndpoints(dir).aws);
  const rig = new FaultRig(
    {
      main: { flusher: join(import.meta.dirname, 'flusher-measured.ts') },
      envOf: (name) => environmentOf(name, options, { lakeUrl: lake.url, encodedFile }),
    },
    dir,
  );
  try {
    await rig.start();
    const customer = await rig.welcome();
    for (const service of ['consumer', 'flusher'] as const) await rig.services.stopOne(service);
    await customer.feed(events, feedRate);
    log(`${events} events are fed`);
    lake.hold();
    for (const service of ['consumer', 'flusher'] as const) await rig.services.startOne(service);
    const peaks = new Peaks(rig);
    const stalledSeconds = await stall(lake, peaks, options);
    const goneOnAt = performance.now();
    await untilOut(rig, peaks, events);
    log('the flusher has nothing left; the lakes are read');
    const wrong = await customer.settled(settledWithinMs);
    await peaks.look();
    const encoded = readEncoded(encodedFile);
    const recoverySeconds = (newestIn(lake, customer) - goneOnAt) / 1000;
    const { delivered } = await customer.look();
    return {
      ...{ events, delivered, wrong, stalledSeconds: round(stalledSeconds), rowsEncoded: encoded.rows },
      encodingSeconds: round(encoded.busyMs / 1000),
      timesEncodable: round(events / encodable(encoded, stalledSeconds)),
      recoverySeconds: round(recoverySeconds),
      rowsPerSecond: Math.round(events / recoverySeconds),
      ...peaks.figures(),
      restarts: await rig.metric('flusher', 'tributary_flusher_restarts_total'),
    };
  } finally {
    await rig.stop();
    await lake.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Waits until the flusher is full, then for three windows, then lets the lakes answer; answers how long they stalled since. */
async function stall(lake: HeldLake, peaks: Peaks, { flusherMemoryMax, log = () => {} }: FloodOptions) {
  const isFull = async () => (await peaks.look()) > flusherMemoryMax / 2;
  await until('the flusher holds as much as it may', 600_000, isFull);
  const stalledAt = performance.now();
  log('the flusher is full; the lakes stall');
  while (performance.now() - stalledAt < windowsStalled * windowSeconds * 1000) {
    await peaks.look();
    await delay(500);
  }
  lake.letGo();
  log('the lakes answer again');
  return (performance.now() - stalledAt) / 1000;
}

/** Waits until the flusher says that every row is out of it; the lakes are read later, as that takes time from it. */
async function untilOut(rig: FaultRig, peaks: Peaks, events: number): Promise<void> {
  const out = ['delivered', 'parked', 'dropped'];
  await until('the flusher has nothing left', 1_800_000, async () => {
    await peaks.look();
    const rows = await Promise.all(
      out.map((outcome) => rig.metric('flusher', 'tributary_flusher_rows_total', { outcome })),
    );
    return rows.reduce((sum, count) => sum + count, 0) >= events || rig.services.restarts('flusher') > 0;
  });
}

const newestIn = (lake: HeldLake, { bucketName }: Customer) =>
  lake.created.findLast(({ path }) => path.startsWith(`/${bucketName}/`))?.at ?? Number.NaN;

/** How many rows are encoded in so many seconds. */
export const encodable = ({ rows, busyMs }: EncodedWork, seconds: number) => (rows / busyMs) * 1000 * seconds;

function environmentOf(
  name: string,
  options: FloodOptions,
  { lakeUrl, encodedFile }: { readonly lakeUrl: string; readonly encodedFile: string },
): Record<string, string> {
  if (name === 'consumer') return { MEMORY_BYTES_MAX: String(options.consumerMemoryMax) };
  if (name !== 'flusher') return {};
  return {
    AWS_ENDPOINT_URL: lakeUrl,
    MEMORY_BYTES_MAX: String(options.flusherMemoryMax),
    CUT_BYTES_MAX: String(options.cutBytesMax),
    [encodedVariable]: encodedFile,
  };
}

const round = (figure: number) => Math.round(figure * 100) / 100;
