import { decodeHandoff } from '@tributary/ocsf';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { Fault } from '@tributary/schemas/faults.ts';
import { handoffSectionsOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import { agentTopic, clusterLayouts, handoffTopic, rejectedTopic, topics } from '@tributary/schemas/kafka/topics.ts';
import { type OcsfVersion, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { createMetrics, type OnStep, silentLog } from '@tributary/service';
import { createMemoryStream, MemoryBroker } from '@tributary/stream/memory.ts';
import type { GroupMember, Publisher, StreamAdmin, StreamRecord } from '@tributary/stream/stream.ts';
import { createMemoryStore } from '@tributary/subscriptions/memory.ts';
import { createMirror } from '@tributary/subscriptions/mirror.ts';
import type { AdmissionLimits } from './admission.ts';
import { Intake } from './intake.ts';
import type { Decoders } from './neighbours.ts';
import { judgeSources } from './recreated.ts';
import { Workspace, Workspaces } from './workspace.ts';

const layout = clusterLayouts.local;
export const groupId = 'tributary.consumer';
export const flusherGroupId = 'tributary.flusher';
const appendedAt = Date.UTC(2026, 0, 15);

/** One row as the flusher takes it from the hand-off. */
export interface ReadRow {
  readonly partition: number;
  readonly handoffOffset: number;
  readonly version: string;
  readonly registration: string;
  readonly generation: number;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly sourceEpoch: number;
  readonly objectAccount: string;
}

/** Where a test's consumer differs from an ordinary one. */
export interface RigOptions {
  readonly eventClass?: EventClass;
  readonly onStep?: OnStep;
  readonly workspace?: (eventClass: EventClass) => Workspace;
  readonly decoders?: Decoders;
  readonly epoch?: number;
  readonly memory?: AdmissionLimits;
  readonly lingerMs?: number;
  /** What stands between the consumer and its publisher. */
  readonly between?: (publisher: Publisher) => Publisher;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** For tests: a consumer on a cluster and a Redis in memory. */
export class Rig {
  readonly broker = new MemoryBroker(() => appendedAt);
  readonly stream = createMemoryStream(this.broker);
  readonly store = createMemoryStore();
  readonly metrics = createMetrics();
  /** The pauses that were asked for, ms; each lasts one turn of the event loop. */
  readonly pauses: number[] = [];
  readonly crashes: Error[] = [];
  /** What happens in the next pauses, one after the other. */
  readonly inPause: (() => void)[] = [];
  /** What is answered to who asks what the flushers have committed. */
  refuseMarks: Error | undefined;
  readonly eventClass: EventClass;
  readonly intake: Intake;
  readonly #member: GroupMember;
  #journal = -1;

  constructor(options: RigOptions = {}) {
    this.eventClass = options.eventClass ?? 'file-activity';
    for (const topic of topics) {
      const config = {};
      this.broker.createTopic({ name: topic.name, partitions: topic.partitions(layout), replicationFactor: 1, config });
    }
    this.#member = this.stream.member({ groupId, topics: [agentTopic(this.eventClass)] });
    const journalEnd = async () => this.#journal + 1;
    const neighbours = {
      decoders: options.decoders ?? jsonAsAvro,
      subscriptions: createMirror({ store: this.store, journalEnd, now: () => appendedAt, checkEveryMs: 0 }),
      workspaces: new Workspaces(options.workspace ?? ((eventClass) => new Workspace(eventClass, 1))),
      publisher: (options.between ?? ((publisher) => publisher))(this.stream.publisher()),
      member: this.#member,
      metrics: this.metrics,
      log: silentLog,
      now: () => appendedAt,
      turn,
      handoffPartitions: layout.handoffPartitions,
      epochOf: () => options.epoch ?? 0,
    };
    this.intake = new Intake({
      neighbours,
      onStep: options.onStep ?? (() => undefined),
      pause: async (ms, signal) => {
        this.pauses.push(ms);
        this.inPause.shift()?.();
        await turn();
        signal.throwIfAborted();
      },
      lingerMs: options.lingerMs ?? 0,
      onCrashed: (error) => this.crashes.push(error),
      fetching: this.#member,
      memory: options.memory ?? { heldBytesMax: 1e9, workBytesMax: 1e9 },
      judge: judgeSources({
        ...{ admin: this.#admin(), groupId, flusherGroupId },
        epochOf: () => options.epoch ?? 0,
      }),
    });
  }

  /** Writes these registrations to Redis, as the journal's next records. */
  async register(...records: readonly RegistrationRecord[]): Promise<void> {
    if (this.#journal < 0) await this.store.rebuild([], -1);
    for (const record of records) {
      const after = this.#journal++;
      await this.store.apply({ after, offset: this.#journal }, { kind: 'registration', record });
    }
  }

  /** What the registration service does after Redis lost its data. */
  async rebuild(...records: readonly RegistrationRecord[]): Promise<void> {
    await this.store.rebuild(
      records.map((record) => ({ kind: 'registration', record })),
      this.#journal,
    );
  }

  async feed(partition: number, ...values: readonly (Buffer | object | string | null)[]): Promise<void> {
    const topic = agentTopic(this.eventClass);
    const bytes = (value: Buffer | object | string | null) =>
      value === null || Buffer.isBuffer(value) || typeof value === 'string' ? value : JSON.stringify(value);
    const records = values.map((value) => ({ topic, partition, key: 'endpoint', value: bytes(value) }));
    for (const record of records) this.broker.log(topic, partition).append(record, appendedAt);
    this.broker.changed();
  }

  start(): Promise<void> {
    return this.#member.start(this.intake);
  }

  async stop(): Promise<void> {
    this.intake.stop();
    await this.#member.stop();
  }

  /** Runs until everything fed is committed. */
  async drained(): Promise<void> {
    for (let turns = 0; turns < 5_000; turns++) {
      const behind = this.#partitions().filter(
        (partition) => this.committed(partition).offset !== this.high(partition),
      );
      if (behind.every((partition) => this.high(partition) === 0)) return;
      await turn();
    }
    throw new Error('the consumer did not come to the end of what was fed');
  }

  /** Gives the consumer this many turns of the event loop. */
  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await turn();
  }

  committed(partition: number) {
    return this.broker.group(groupId).committed(agentTopic(this.eventClass), partition);
  }

  high(partition: number): number {
    return this.broker.log(agentTopic(this.eventClass), partition).ends.high;
  }

  rejected(): StreamRecord[] {
    return this.broker.log(rejectedTopic, 0).slice(0, Number.POSITIVE_INFINITY);
  }

  /** The records of all hand-off partitions, in order within each. */
  messages(): { readonly partition: number; readonly record: StreamRecord }[] {
    return this.#partitions(layout.handoffPartitions).flatMap((partition) => {
      const log = this.broker.log(handoffTopic(this.eventClass), partition);
      return log.slice(0, Number.POSITIVE_INFINITY).map((record) => ({ partition, record }));
    });
  }

  /** All rows of the hand-off, as they lie there. */
  rows(): ReadRow[] {
    return this.messages().flatMap(({ partition, record }) => rowsOf(partition, record));
  }

  /**
   * The rows that a flusher keeps: those above the highest source offset of the messages before theirs, per partition,
   * source and epoch. Those of a message, which is of one source partition, in source order, whatever their sections.
   */
  rowsOnce(): ReadRow[] {
    const marks = new Map<string, number>();
    const sourceOf = (row: ReadRow) => `${row.partition} ${row.sourcePartition} ${row.sourceEpoch}`;
    return this.messages().flatMap(({ partition, record }) => {
      const rows = rowsOf(partition, record);
      const kept = rows.filter((row) => row.sourceOffset > (marks.get(sourceOf(row)) ?? -1));
      for (const row of kept) marks.set(sourceOf(row), Math.max(row.sourceOffset, marks.get(sourceOf(row)) ?? -1));
      return kept.toSorted((one, other) => one.sourceOffset - other.sourceOffset);
    });
  }

  #admin(): Pick<StreamAdmin, 'committed' | 'ends'> {
    const admin = this.stream.admin();
    return {
      ends: (topic) => admin.ends(topic),
      committed: async (group, topic) => {
        if (group === flusherGroupId && this.refuseMarks !== undefined) throw this.refuseMarks;
        return admin.committed(group, topic);
      },
    };
  }

  #partitions(count: number = layout.agentPartitions): number[] {
    return Array.from({ length: count }, (_, partition) => partition);
  }
}

function rowsOf(partition: number, { offset, headers, value }: StreamRecord): ReadRow[] {
  return handoffSectionsOf(headers, value!).flatMap(({ ocsfVersion, bytes }) => {
    const batch = decodeHandoff(bytes);
    return Array.from({ length: batch.rows }, (_, at) => ({
      partition,
      handoffOffset: offset,
      version: ocsfVersion,
      registration: batch.registration(at),
      generation: batch.generation[at]!,
      sourcePartition: batch.sourcePartition[at]!,
      sourceOffset: batch.sourceOffset[at]!,
      sourceEpoch: batch.sourceEpoch[at]!,
      objectAccount: batch.objectAccount(at),
    }));
  });
}

/** Stands in for Avro: the bytes after the schema id are JSON. Only schema id 7 is known. */
export const jsonAsAvro: Decoders = {
  async decoderOf(id) {
    if (id !== 7) throw new Fault('unknown-schema-id');
    return (bytes) => JSON.parse(bytes.toString());
  },
};

/** A value in the registry's wire format. */
export function wireFormat(schemaId: number, body: object | string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeInt32BE(schemaId, 1);
  return Buffer.concat([prefix, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))]);
}

/** A sound activity of `account`. */
export function fileActivity(account: string, changes: object = {}): object {
  return {
    uuid: '8d0c8d8e-0000-4000-8000-000000000001',
    accountId: account,
    eventId: 2,
    eventSubId: 101,
    eventTime: appendedAt - 60_000,
    endpointGuid: '11111111-1111-1111-1111-111111111111',
    endpointHostName: 'host-1',
    productCode: 'sds',
    objectFilePath: '/tmp/report.txt',
    processFilePath: '/usr/bin/tar',
    processName: '/usr/bin/tar',
    processPid: 42,
    ...changes,
  };
}

/** An active registration of `account`. */
export function registrationOf(
  account: string,
  changes: Partial<RegistrationRecord> & { readonly ocsfVersion?: OcsfVersion } = {},
): RegistrationRecord {
  const eventClass = changes.eventClass ?? 'file-activity';
  return {
    registration: registrationId(account, eventClass),
    account,
    eventClass,
    state: 'active',
    generation: 1,
    destination: {
      providerAccountID: '111122223333',
      bucketName: `lake-of-${account}`,
      prefix: 'ext/tributary/1.0',
      roleARN: 'arn:aws:iam::111122223333:role/provider',
    },
    ocsfVersion: '1.1.0',
    earlier: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    changedAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}
