import { createHash } from 'node:crypto';
import { createMemoryParking, type MemoryParking } from '@tributary/lake';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { Destination, RegistrationId, RegistrationRecord } from '@tributary/schemas/registration.ts';
import { createLog, createMetrics } from '@tributary/service';
import { Collector } from './collector.ts';
import { Marks } from './marks.ts';
import { limitPuts } from './p-limit.ts';
import type { EncodedObject, FlusherParts, ObjectStore, OwnedPartition, StoreAnswer } from './partition.ts';
import { justTaken } from './taken.ts';

export const topic = 'ocsf.file-activity';
export const accounts = ['111111111111', '222222222222'] as const;

/** Where an account's objects go; `bucket` names another lake of it. */
export const destinationOf = (account: string, bucket = `lake-of-${account}`): Destination => ({
  providerAccountID: account,
  bucketName: bucket,
  prefix: 'ext/file',
  roleARN: `arn:aws:iam::${account}:role/r`,
});

export const recordOf = (account: string): RegistrationRecord => ({
  registration: `${account}/file-activity`,
  account,
  eventClass: 'file-activity',
  state: 'active',
  generation: 1,
  destination: destinationOf(account),
  ocsfVersion: '1.1.0',
  earlier: [],
  createdAt: '2026-01-01T00:00:00Z',
  changedAt: '2026-01-01T00:00:00Z',
});

type Put = Parameters<ObjectStore['put']>[0];

/** One owned partition on fakes: windows of five minutes, committed up to 1,000, on a clock that only the test moves. */
export class Scene {
  now = Date.UTC(2026, 0, 2);
  /** How far the clock was set forward, ms: durations know nothing of it. */
  #shiftedMs = 0;
  readonly parking: MemoryParking = createMemoryParking();
  readonly records = new Map<RegistrationId, RegistrationRecord>();
  readonly receipts: Receipt[] = [];
  /** Every line of the flusher's log, as it is written. */
  readonly logged: Record<string, unknown>[] = [];
  readonly puts: Put[] = [];
  /** While true, no receipt can be written. */
  receiptsAway = false;
  readonly lake = new Set<string>();
  /** How a lake answers; takes everything, once, when absent. */
  answer: (put: Put) => Promise<StoreAnswer | undefined> | StoreAnswer | undefined = () => undefined;
  readonly owned: OwnedPartition;
  readonly #release = new AbortController();

  constructor() {
    for (const account of accounts) this.records.set(`${account}/file-activity`, recordOf(account));
    this.owned = this.owner();
  }

  /** Another owner of the same partition: one of the two is a zombie. */
  owner(): OwnedPartition {
    const owned = justTaken({ topic, partition: 0 }, this.#parts(), {
      released: this.#release.signal,
      draining: () => false,
    });
    owned.collector = new Collector(1_000, Marks.none);
    owned.committed = 1_000;
    owned.incarnation = '0123456789abcdef';
    owned.provenAt = this.elapsed;
    return owned;
  }

  release(): void {
    this.#release.abort();
  }

  /** An encoded object whose first row has this hand-off offset. */
  object(account: string, offset: number): EncodedObject {
    const name = `${createHash('sha256').update(`${account} ${offset}`).digest('hex').slice(0, 32)}.parquet`;
    const bytes = Buffer.from(`rows of ${account} from ${offset}`);
    return {
      planned: {
        ...{ name, registration: `${account}/file-activity`, generation: 1, objectAccount: `external_${account}` },
        ...{ eventDay: '20260102', part: 0, offsets: [offset, offset], times: [1, 2] },
        rows: { message: new Uint32Array(3), row: new Uint32Array(3) },
      },
      parquet: { bytes, sha256: createHash('sha256').update(bytes).digest('hex') },
    };
  }

  /** Ms on the clock that only goes forward. */
  get elapsed(): number {
    return this.now - this.#shiftedMs;
  }

  /** Sets the clock forward, or back, without that any time passes. */
  setClock(byMs: number): void {
    this.now += byMs;
    this.#shiftedMs += byMs;
  }

  /** Moves the clock, ticks, and lets everything that is begun come to its end. */
  async after(ms: number, owned = this.owned): Promise<void> {
    this.now += ms;
    for (let at = 0; at < 3; at++) {
      owned.redelivery.tick();
      await settled();
    }
  }

  get outcomes(): string[] {
    return this.receipts.map(({ outcome, fault }) => (fault === undefined ? outcome : `${outcome} ${fault}`));
  }

  get parked(): string[] {
    return [...this.parking.objects.keys()].filter((key) => key.startsWith('parked/'));
  }

  #parts(): FlusherParts {
    return {
      log: createLog('flusher', 'info', { write: (line) => void this.logged.push(JSON.parse(line)) }),
      metrics: createMetrics(),
      now: () => this.now,
      elapsed: () => this.elapsed,
      random: () => 1,
      pause: async (ms) => {
        this.now += ms;
        await settled();
      },
      randomHex: () => Math.random().toString(16).slice(2),
      region: 'us-east-1',
      limits: { windowMs: 300_000, cutBytesMax: 1e9, objectsPerRegistrationMax: 1e9, partRows: 1_000 },
      registrations: { refresh: async () => {}, byId: (id) => this.records.get(id) },
      store: {
        put: async (put) => {
          this.puts.push(put);
          const answer = await this.answer(put);
          if (answer !== undefined) return answer;
          const name = `${put.destination.bucketName}/${put.key}`;
          const there = this.lake.has(name);
          this.lake.add(name);
          return { outcome: there ? 'already-there' : 'created' };
        },
      },
      parking: this.parking,
      puts: limitPuts(),
      publishReceipts: async (receipts) => {
        if (this.receiptsAway) throw new Error('Kafka is away');
        this.receipts.push(...receipts);
      },
    } as Partial<FlusherParts> as FlusherParts;
  }
}

/** Lets every promise that can be settled by now be settled. */
export async function settled(): Promise<void> {
  for (let at = 0; at < 30; at++) await new Promise(setImmediate);
}
