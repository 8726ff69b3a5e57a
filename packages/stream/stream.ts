/**
 * The hinge between our services and Kafka: what a service may do with the log, in Kafka's words and nobody's client
 * library. `kafkajs.ts` and `memory.ts` implement it and pass one contract suite, `stream.contract.ts`.
 */

/** A position in a partition. 53 bits hold 285 years of a million records a second. */
export type Offset = number;

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A record as it was read. */
export interface StreamRecord {
  readonly offset: Offset;
  readonly key: Buffer | null;
  /** Null for a tombstone. May be a slice of a larger fetch buffer: copy what is kept. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** When the broker appended it (LogAppendTime), ms since the epoch. */
  readonly timestamp: number;
}

/** Records of one partition that were fetched together. */
export interface RecordBatch extends TopicPartition {
  /** In offset order, without gaps in an idempotently written topic; never empty. */
  readonly records: readonly StreamRecord[];
  /** The next offset to be written, as the broker last said it. */
  readonly highWatermark: Offset;
}

/** A record batch of the log that can't be decompressed or decoded, as one whole: none of its records can be read. */
export interface UndecodableBatch extends TopicPartition {
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  /** When the broker appended it, ms since the epoch. */
  readonly timestamp: number;
  /** Bytes of the batch as it lies in the log. */
  readonly size: number;
  /** The batch as it lies in the log; undefined when it is larger than 1 MiB. */
  readonly bytes: Buffer | undefined;
  readonly reason: string;
}

/** What a group has committed of one partition. */
export interface CommittedOffset {
  /** Undefined when the group never committed this partition. */
  readonly offset: Offset | undefined;
  readonly metadata: string;
}

/** What a member of a consumer group is told. Callbacks of one partition never overlap. */
export interface MemberHandlers {
  /**
   * Records of one partition, in order. Returning only means that they were *accepted*: nothing is committed but by
   * `commit`. After a throw the partition is read again from the last seek or commit; the others go on.
   */
  onBatch(batch: RecordBatch): Promise<void>;
  /** After each rebalance, the partitions that are now ours; called before any of their batches. */
  onAssigned(partitions: readonly TopicPartition[]): Promise<void> | void;
  /**
   * The log doesn't have `offset`, the next one to deliver: retention removed it, or the topic was made anew. The
   * partition stands still until a `seek`; nothing is reset by itself. Without this handler it is only logged.
   */
  onOutOfRange?(position: TopicPartition & { readonly offset: Offset }): void;
  /**
   * A batch that can't be decoded stands next in the partition. When this resolves, the member goes on behind
   * `lastOffset`, which may then be committed; after a throw the partition is read again as after one of `onBatch`.
   * Without this handler the partition stands still until a `seek`, and it is logged. Other partitions go on.
   */
  onUndecodable?(batch: UndecodableBatch): Promise<void>;
  /** The member stopped for good by itself (a fatal error of the client). Called at most once. */
  onCrashed(error: Error): void;
}

/** Where a member stands in one of its partitions. */
export interface PartitionProgress extends TopicPartition {
  /** The next offset to deliver; undefined until it is known where the group stands. */
  readonly position: Offset | undefined;
  /** It isn't read, on purpose: paused, waiting after a failure, or standing still until a `seek`. */
  readonly isHeld: boolean;
}

/** One member of a consumer group with manual offsets. Nothing is ever committed on its own. */
export interface GroupMember {
  /** Resolves when the member has joined; batches flow until `stop`. */
  start(handlers: MemberHandlers): Promise<void>;
  /** Commits as this member of this generation (refused by the broker when it is no member any more). */
  commit(position: TopicPartition & { readonly offset: Offset; readonly metadata: string }): Promise<void>;
  seek(position: TopicPartition & { readonly offset: Offset }): void;
  /** Stops fetching of these partitions; batches already fetched may still be delivered. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Where it stands in each partition that is its own now. */
  progress(): PartitionProgress[];
  /** Leaves the group; no callback runs after it resolved. */
  stop(): Promise<void>;
}

/** A record to be written, to a partition that the caller chose. */
export interface OutgoingRecord extends TopicPartition {
  readonly key: string | Buffer | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
}

/**
 * An idempotent producer (acks=all, one request in flight). `publish` resolves with the offset of each record when all
 * are durable. It rejects when the send failed *for good*: part of it may have landed, and the caller must go back to
 * its committed offset, because a later send must never overtake a failed one. The next publish after a failure uses a
 * new producer session.
 */
export interface Publisher {
  publish(records: readonly OutgoingRecord[]): Promise<Offset[]>;
  close(): Promise<void>;
}

/**
 * Commits the offsets of one partition so that a former owner can't: through a transactional producer of a fixed id.
 * Every method may reject with `Fault('fenced')` (a newer owner exists) or `Fault('offsets-unknown')` (nobody knows
 * whether it landed: throw this committer away and start again with a new one).
 */
export interface FencedCommitter {
  /** Fences every former owner, then answers what the group has committed. Must be called once, first. */
  fence(): Promise<CommittedOffset>;
  commit(offset: Offset, metadata: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Publishes so that readers see either every record of a call or none: through a transactional producer of a fixed id.
 * Every method may reject with `Fault('fenced')` (a newer holder of the id exists) or `Fault('offsets-unknown')` (nobody
 * knows whether it landed: throw this publisher away, fence anew and read what is there); `publish` with `RecordsTooLarge`
 * where Kafka refused the records' size, so that none landed: the publisher is of no use any more either.
 */
export interface AtomicPublisher {
  /** Fences every former holder of the id; what it published is seen from here on, or never. Must be called once, first. */
  fence(): Promise<void>;
  publish(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Where a partition starts and ends. */
export interface PartitionEnds {
  readonly partition: number;
  /** Offset of the oldest record still kept. */
  readonly low: Offset;
  /** Offset of the next record to be written. */
  readonly high: Offset;
}

/** A topic to be made; `config` as Kafka names it. */
export interface TopicShape {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Makes and inspects topics and offsets. */
export interface StreamAdmin {
  /** Makes the topics that are missing; resolves with the names it made. Changes nothing that exists. */
  createTopics(topics: readonly TopicShape[]): Promise<string[]>;
  /** Partition count per topic; topics that don't exist are absent. */
  partitionCounts(topics: readonly string[]): Promise<Map<string, number>>;
  ends(topic: string): Promise<PartitionEnds[]>;
  /**
   * By partition: the offset of the first record that was appended at `timeMs` or later, the end of the partition where
   * there is none.
   */
  startingAt(topic: string, timeMs: number): Promise<Map<number, Offset>>;
  /** Unfenced: may be one commit behind. */
  committed(groupId: string, topic: string): Promise<Map<number, CommittedOffset>>;
  close(): Promise<void>;
}

/** How batches are compressed, by Kafka's own names. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** One client of a cluster: makes the parts above, which share its connection settings. */
export interface Stream {
  member(options: {
    readonly groupId: string;
    readonly topics: readonly string[];
    readonly fetchBytesMax?: number;
  }): GroupMember;
  publisher(options?: { readonly compression?: Compression }): Publisher;
  atomicPublisher(options: { readonly transactionalId: string; readonly compression?: Compression }): AtomicPublisher;
  committer(options: TopicPartition & { readonly groupId: string; readonly transactionalId: string }): FencedCommitter;
  admin(): StreamAdmin;
  /**
   * Reads a partition from `from` up to its present end and hands each record over, then (with `follow`) goes on until
   * the signal aborts. Without a group: for journals and receipts. Resolves with the next offset to read. With `to` it
   * ends there, where that comes before the end. Rejects when it meets a batch that can't be decoded, because a reader of
   * everything must not step over it; with `onUndecodable` it is told, and goes on behind the batch.
   */
  read(
    options: TopicPartition & {
      readonly from: Offset;
      readonly to?: Offset;
      readonly follow?: boolean;
      readonly signal?: AbortSignal;
      readonly onRecord: (record: StreamRecord) => Promise<void> | void;
      readonly onUndecodable?: (batch: UndecodableBatch) => Promise<void> | void;
      readonly onCaughtUp?: (next: Offset) => Promise<void> | void;
    },
  ): Promise<Offset>;
}
