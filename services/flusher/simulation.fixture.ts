import { Fault } from '@tributary/schemas/faults.ts';
import { type HandoffSection, handoffMessageOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import type { RegistrationId } from '@tributary/schemas/registration.ts';
import { createMetrics, silentLog } from '@tributary/service';
import type { CommittedOffset, FencedCommitter, Offset, StreamRecord } from '@tributary/stream';
import { mutateCommitter } from './mutants.fixture.ts';
import { Ownership } from './ownership.ts';
import { limitPuts } from './p-limit.ts';
import type { FlusherParts, StoreAnswer } from './partition.ts';
import { type SampleRow, sampleRows } from './rows.fixture.ts';
import { digestOf, SimulatedLakes, type TakenAway, unknown } from './simulated-lakes.fixture.ts';

export const simulatedTopic = 'ocsf.file-activity';
export const simulatedPartitions = 2;
const rowsInAll = 60;
const registrations = [1, 2, 3, 4].map((account) => `${String(account).repeat(12)}/file-activity` as RegistrationId);
/** The registration that ends at some time while its rows are on their way, or parked. */
export const endedRegistration = registrations[3]!;

/** A flusher process in the simulation: alive, stopped for a while (a zombie to be), or dead. */
interface SimulatedProcess {
  readonly ownership: Ownership;
  readonly position: Map<number, Offset>;
  readonly calls: (() => void)[];
  state: 'running' | 'frozen' | 'dead';
}

/** Rows by the OCSF version that their registration has in their generation: it may change from one try to the next. */
function sectionsOf(rows: readonly SampleRow[]): HandoffSection<Buffer>[] {
  const versionOf = ({ registration, generation }: SampleRow) =>
    (registrations.indexOf(registration as RegistrationId) + 2 * generation!) % 4 < 2 ? '1.1.0' : '1.3.0';
  return [...Map.groupBy(rows, versionOf)].map(([ocsfVersion, own]) => ({
    ocsfVersion,
    schemaFingerprint: `f${ocsfVersion[2]}`,
    bytes: Buffer.from(JSON.stringify(own)),
  }));
}

/** Mulberry32: the same seed gives the same schedule. */
function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Kafka, the lakes and any number of flusher processes in one thread, with every answer of a neighbour delayed, refused
 * or lost as the seed wants. The flusher's own code runs in it unchanged, down to the steps.
 */
export class Simulation {
  readonly random: () => number;
  readonly lakes: SimulatedLakes;
  readonly #taken: TakenAway;
  /** How often processes crash, freeze and take over: in calm schedules much is parked and moved, in wild ones redone. */
  readonly #wild: number;
  readonly #log: StreamRecord[][] = [[], []];
  readonly #broker = [0, 1].map(() => ({ epoch: 0, offset: undefined as Offset | undefined, metadata: '' }));
  readonly #source = Array.from({ length: rowsInAll }, () => 0);
  #processes: SimulatedProcess[] = [];
  #now = 1_000_000;
  #handedOff = 0;
  #sourceCommitted = 0;
  #troubled = true;

  constructor(seed: number, taken: TakenAway = {}) {
    this.random = generator(seed);
    this.#taken = taken;
    this.#wild = seed % 2 === 0 ? 0.06 : 0.008;
    this.lakes = new SimulatedLakes(registrations, this.random, () => this.#now, taken);
    this.#source.forEach((_, at) => {
      this.#source[at] = this.#int(registrations.length);
    });
  }

  /** Registration of each source row, by source offset. */
  get source(): readonly RegistrationId[] {
    return this.#source.map((at) => registrations[at]!);
  }

  /** One random thing happens. */
  async step(): Promise<void> {
    if (this.random() < this.#wild) this.#disturb();
    const chance = this.random();
    if (chance < 0.03) this.lakes.trouble(endedRegistration);
    else if (chance < 0.036) this.#now += this.#int(2 * 3_600_000);
    else if (chance < 0.2) this.#consume();
    else if (chance < 0.3) this.#tick();
    else if (chance < 0.5) await this.#deliver();
    else this.#answer();
    await new Promise(setImmediate);
  }

  /** No more trouble: one new owner works until everything handed off is committed. Answers whether it got there. */
  async heal(): Promise<boolean> {
    this.#troubled = false;
    this.lakes.heal();
    for (const process of this.#processes) process.state = 'dead';
    this.#processes = [];
    this.#takeOver();
    for (let at = 0; at < 20_000; at++) {
      if (this.#handedOff < rowsInAll) this.#consume();
      this.#tick();
      await this.#deliver();
      for (let call = 0; call < 4; call++) this.#answer();
      await new Promise(setImmediate);
      this.lakes.landLate();
      if (this.#isDone()) return true;
    }
    return false;
  }

  #disturb(): void {
    const what = this.#int(3);
    if (what === 0) this.#crash();
    else if (what === 1) this.#takeOver();
    else this.#freezeOrThaw();
  }

  #isDone(): boolean {
    const parked = [...this.lakes.bucket.objects.keys()].some((key) => key.startsWith('parked/'));
    const committed = this.#log.every((log, partition) => (this.#broker[partition]!.offset ?? 0) === log.length);
    return this.#handedOff === rowsInAll && committed && !parked;
  }

  #int(below: number): number {
    return Math.floor(this.random() * below);
  }

  /** A consumer hands rows off at least once, in order; now and then it goes back to what it committed. */
  #consume(): void {
    if (this.#handedOff >= rowsInAll) return;
    const to = Math.min(rowsInAll, this.#handedOff + 1 + this.#int(6));
    const fails = this.#troubled && this.random() < 0.25;
    const reached = fails ? this.#int(simulatedPartitions + 1) : simulatedPartitions;
    for (let partition = 0; partition < reached; partition++) this.#append(partition, this.#handedOff, to);
    this.#handedOff = fails && !this.#taken.consumerGoesBack ? this.#sourceCommitted : to;
    if (!fails && this.random() < 0.5) this.#sourceCommitted = to;
  }

  #append(partition: number, from: number, to: number): void {
    const offsets = Array.from({ length: to - from }, (_, at) => from + at).filter(
      (at) => this.#source[at]! % simulatedPartitions === partition,
    );
    if (offsets.length === 0) return;
    const rows: SampleRow[] = offsets.map((at) => ({
      sourceOffset: at,
      registration: registrations[this.#source[at]!]!,
      generation: this.lakes.byId(registrations[this.#source[at]!]!)!.generation,
      time: 86_400_000 * (1 + (at % 2)),
    }));
    const sections = sectionsOf(rows);
    const log = this.#log[partition]!;
    for (const together of this.#taken.oneMessage ? sections.map((one) => [one]) : [sections]) {
      const { value, headers } = handoffMessageOf(together);
      const buffers = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
      log.push({ offset: log.length, key: null, value, headers: Object.fromEntries(buffers), timestamp: this.#now });
    }
  }

  #crash(): void {
    for (const process of this.#processes) process.state = 'dead';
    this.#processes = [];
    this.#takeOver();
  }

  /** A new process gets all partitions; whoever had them before isn't told. */
  #takeOver(): void {
    const calls: (() => void)[] = [];
    const position = new Map<number, Offset>();
    const partRows = 1 + this.#int(4); // a restart may come with other settings
    const ownership = new Ownership({
      parts: this.#parts(calls, position, partRows),
      decode: (bytes) => sampleRows(JSON.parse(Buffer.from(bytes).toString())),
      fetching: { pause() {}, resume() {} },
      memory: { memoryBytesMax: 1e9, cutBytesMax: 1e9 },
      onStep: () => {},
    });
    this.#processes = [...this.#processes, { ownership, position, calls, state: 'running' as const }].slice(-3);
    const partitions = Array.from({ length: simulatedPartitions }, (_, partition) => ({
      topic: simulatedTopic,
      partition,
    }));
    void ownership.assign(partitions);
  }

  #freezeOrThaw(): void {
    const process = this.#processes[this.#int(this.#processes.length)];
    if (process) process.state = process.state === 'running' ? 'frozen' : 'running';
  }

  #tick(): void {
    this.#now += this.#int(2_000);
    for (const process of this.#running()) process.ownership.tick();
  }

  async #deliver(): Promise<void> {
    const process = this.#pick(this.#running());
    if (process === undefined) return;
    const partition = this.#int(simulatedPartitions);
    const from = process.position.get(partition);
    const records = from === undefined ? [] : this.#log[partition]!.slice(from, from + 1 + this.#int(3));
    if (records.length === 0) return;
    process.position.set(partition, from! + records.length);
    await process.ownership.collect({
      topic: simulatedTopic,
      partition,
      records,
      highWatermark: this.#log[partition]!.length,
    });
  }

  #answer(): void {
    const process = this.#pick(this.#running());
    if (process === undefined || process.calls.length === 0) return;
    process.calls.splice(this.#int(process.calls.length), 1)[0]!();
  }

  #running(): SimulatedProcess[] {
    return this.#processes.filter((process) => process.state === 'running');
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#int(from.length)];
  }

  /** A neighbour's answer: done and said, done but the answer lost, or refused. */
  #call<T>(calls: (() => void)[], effect: () => T | Promise<T>, lost: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      calls.push(async () => {
        const fate = this.#troubled ? this.random() : 1;
        if (fate < 0.05) return reject(lost());
        try {
          const answer = await effect();
          if (fate < 0.12) reject(lost());
          else resolve(answer);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** A put whose answer may be lost: then nobody knows whether it landed. */
  async #put(calls: (() => void)[], effect: () => StoreAnswer): Promise<StoreAnswer> {
    try {
      return await this.#call(calls, effect, () => new Fault('lake-unavailable'));
    } catch {
      return unknown(this.#taken);
    }
  }

  #parts(calls: (() => void)[], position: Map<number, Offset>, partRows: number): FlusherParts {
    const unavailable = () => new Fault('lake-unavailable');
    return {
      log: silentLog,
      metrics: createMetrics(),
      now: () => this.#now,
      elapsed: () => this.#now,
      pause: () => this.#call(calls, () => {}, unavailable).catch(() => {}),
      random: this.random,
      randomHex: (bytes) => Array.from({ length: bytes * 2 }, () => this.#int(16).toString(16)).join(''),
      region: 'us-east-1',
      limits: {
        windowMs: 1_000,
        cutBytesMax: 1 + this.#int(2_000),
        objectsPerRegistrationMax: 1 + this.#int(4),
        partRows,
      },
      registrations: { refresh: () => this.#call(calls, () => {}, unavailable), byId: (id) => this.lakes.byId(id) },
      encoder: {
        encode: async (messages, objects) =>
          objects.map(({ message, row }) => {
            const rows = [...row].map(
              (at, index) => (JSON.parse(Buffer.from(messages[message[index]!]!).toString()) as SampleRow[])[at]!,
            );
            const bytes = Buffer.from(JSON.stringify(rows.map((one) => one.sourceOffset)));
            return { bytes, sha256: digestOf(bytes) };
          }),
      },
      store: {
        put: ({ destination, externalId, key, body }) => {
          const registration = `${externalId}/file-activity` as const;
          return this.#put(calls, () => this.lakes.put(registration, destination, key, body));
        },
      },
      parking: this.lakes.parking((effect) => this.#call(calls, effect, () => new Fault('parking-unavailable'))),
      puts: limitPuts(),
      publishReceipts: (receipts) => this.#call(calls, () => void this.lakes.receipts.push(...receipts), unavailable),
      committer: (_topic, partition) =>
        mutateCommitter(this.#committer(calls, partition), { taken: this.#taken, partRows }),
      ends: async (_topic, partition) => ({ partition, low: 0, high: this.#log[partition]!.length }),
      seek: (_topic, partition, offset) => void position.set(partition, offset),
    };
  }

  #committer(calls: (() => void)[], partition: number): FencedCommitter {
    const broker = this.#broker[partition]!;
    const unknown = () => new Fault('offsets-unknown');
    let epoch = 0;
    return {
      fence: () =>
        this.#call(
          calls,
          (): CommittedOffset => {
            epoch = ++broker.epoch;
            return { offset: broker.offset, metadata: broker.metadata };
          },
          unknown,
        ),
      commit: (offset, metadata) =>
        this.#call(
          calls,
          () => {
            if (broker.epoch !== epoch && !this.#taken.fence) throw new Fault('fenced');
            broker.offset = offset;
            broker.metadata = metadata;
          },
          unknown,
        ),
      close: async () => {},
    };
  }
}
