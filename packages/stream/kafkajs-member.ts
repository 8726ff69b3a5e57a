import { Fault } from '@tributary/schemas/faults.ts';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { fetchEnds, type SharedAdmin, startPositions } from './kafkajs-admin.ts';
import { type Assignment, type Hold, heldOnPurpose, newAssignment, type OwnedPartition } from './kafkajs-assignment.ts';
import type { OwnClient } from './kafkajs-client.ts';
import { commitAs } from './kafkajs-commit.ts';
import { createConsumer, type MemberOptions, onNothingRead, runBatches, watchForSilence } from './kafkajs-consumer.ts';
import type { FetchedBatch, RawMessage, UndecodableMessage } from './kafkajs-internals.ts';
import { leaveGroup } from './kafkajs-leave.ts';
import { toRecord } from './kafkajs-record.ts';
import { crashOf } from './kafkajs-refusal.ts';
import { ConsumerInside } from './kafkajs-session.ts';
import { isLongerThan } from './longer-than.ts';
import { PartitionCursor, partitionKey } from './partition-cursor.ts';
import type { GroupMember, MemberHandlers, Offset, PartitionProgress, TopicPartition } from './stream.ts';

/** After this time a batch still being handled no longer holds up the fetches of other partitions. */
const detachAfterMs = 50;

/**
 * A group member on kafkajs. kafkajs only fetches and keeps the membership alive; positions, commits and redelivery are
 * ours, because kafkajs commits whatever partition it is told with whatever generation it holds at the time of sending.
 * A batch in work never holds up kafkajs's loop, so heartbeats and rebalances go on however long it takes.
 */
export class KafkajsMember implements GroupMember {
  readonly #options: MemberOptions;
  readonly #client: OwnClient;
  readonly #consumer: Consumer;
  readonly #inside: ConsumerInside;
  readonly #admin: ReturnType<SharedAdmin['hold']>;
  /** The assignment at the time each fetch went out, by the array of its messages. */
  readonly #fetchedUnder = new WeakMap<RawMessage[], Assignment>();
  readonly #paused = new Set<string>();
  readonly #earlySeeks = new Map<string, Offset>();
  /** Callbacks that run, by partition: also those of a former assignment. */
  readonly #running = new Map<string, Promise<void>>();
  #assignment: Assignment | undefined;
  #assigning: Promise<void> = Promise.resolve();
  #handlers: MemberHandlers | undefined;
  #isStopping = false;
  #hasCrashed = false;
  #unwatch: () => void = () => undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#admin = options.admin.hold();
    this.#client = options.createClient();
    this.#inside = new ConsumerInside({
      onFetch: () => this.#assignment,
      onMessages: (messages, sent) => sent && this.#fetchedUnder.set(messages, sent as Assignment),
      onOutOfRange: (topic, partition) => this.#outOfRange(topic, partition),
    });
    this.#consumer = createConsumer(this.#client, this.#inside, options, () => !this.#isStopping);
  }

  async start(handlers: MemberHandlers): Promise<void> {
    this.#handlers = handlers;
    const consumer = this.#consumer;
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on('consumer.group_join', ({ payload }) => {
        this.#joined(payload.memberAssignment);
        this.#assigning.then(resolve, reject);
      });
      consumer.on('consumer.crash', ({ payload }) => {
        if (payload.restart || this.#isStopping) return;
        const error = crashOf(payload.error, this.#options);
        reject(error);
        this.#crash(error);
      });
    });
    joined.catch(() => undefined);
    onNothingRead(consumer, (topic, partition, first, last) =>
      this.#owned(topic, partition)?.cursor?.steppedOver(first, last),
    );
    this.#unwatch = watchForSilence(consumer, (error) => this.#crash(error));
    await runBatches(consumer, (payload) => this.#eachBatch(payload));
    await joined;
  }

  async commit(position: TopicPartition & { offset: Offset; metadata: string }): Promise<void> {
    const assignment = this.#assignment;
    const cursor = assignment?.partitions.get(partitionKey(position.topic, position.partition))?.cursor;
    if (assignment === undefined || cursor === undefined)
      throw new Fault('fenced', `${partitionKey(position.topic, position.partition)} is not ours`);
    if (!cursor.mayCommit(position.offset))
      throw new Fault('fenced', `offset ${position.offset} was not delivered in this generation`);
    const { seeks } = cursor;
    await commitAs(this.#inside.cluster, this.#options.groupId, assignment.session, position);
    cursor.committed(position.offset, seeks);
  }

  seek({ topic, partition, offset }: TopicPartition & { offset: Offset }): void {
    if (this.#assignment === undefined) this.#earlySeeks.set(partitionKey(topic, partition), offset);
    const owned = this.#owned(topic, partition);
    if (owned?.cursor === undefined) return;
    owned.cursor.seek(offset);
    this.#consumer.seek({ topic, partition, offset: String(offset) });
    this.#release(owned, 'out-of-range');
    this.#release(owned, 'undecodable');
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#paused.add(partitionKey(topic, partition));
      this.#apply(this.#owned(topic, partition));
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#paused.delete(partitionKey(topic, partition));
      this.#apply(this.#owned(topic, partition));
    }
  }

  progress(): PartitionProgress[] {
    return [...(this.#assignment?.partitions ?? [])].map(([key, { topic, partition, cursor, holds }]) => ({
      topic,
      partition,
      position: cursor?.position,
      isHeld: this.#paused.has(key) || heldOnPurpose.some((hold) => holds.has(hold)),
    }));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#unwatch();
    await this.#assigning.catch(() => undefined);
    // The membership is kept while callbacks finish, so that their commits still count.
    await Promise.all(this.#running.values());
    for (const owned of this.#assignment?.partitions.values() ?? []) clearTimeout(owned.timer);
    await leaveGroup(this.#consumer, this.#inside.session, this.#options);
    this.#client.cut();
    this.#assignment = undefined;
    await this.#admin.release();
  }

  /** Runs inside kafkajs's join, before it fetches anything for the new generation. */
  #joined(memberAssignment: Record<string, number[]>): void {
    const former = this.#assignment;
    const assignment = newAssignment(this.#inside.session!, memberAssignment);
    const { partitions } = assignment;
    for (const [key, owned] of former?.partitions ?? []) {
      clearTimeout(owned.timer);
      if (partitions.has(key)) continue;
      this.#paused.delete(key);
      this.#consumer.resume([{ topic: owned.topic, partitions: [owned.partition] }]);
    }
    this.#assignment = assignment;
    for (const [key, owned] of partitions) {
      if (this.#running.has(key)) owned.holds.add('busy');
      this.#apply(owned);
    }
    this.#assigning = this.#assigning.then(() => this.#assign(assignment));
    this.#assigning.catch((error) => this.#crash(error));
  }

  /** Seeks every partition to what the group has committed (else to the log's start) and tells the caller. */
  async #assign(assignment: Assignment): Promise<void> {
    const isCurrent = () => this.#assignment === assignment && !this.#isStopping;
    if (!isCurrent()) return;
    const { groupId } = this.#options;
    const list = [...assignment.partitions.values()].map(({ topic, partition }) => ({ topic, partition }));
    const positions = await this.#admin.use((admin) => startPositions(admin, groupId, list));
    if (!isCurrent()) return;
    for (const [key, owned] of assignment.partitions) {
      const { start, low, high } = positions.get(key)!;
      owned.cursor = new PartitionCursor(start);
      this.#consumer.seek({ topic: owned.topic, partition: owned.partition, offset: String(start) });
      if (start < low || start > high) owned.holds.add('out-of-range');
      const early = this.#earlySeeks.get(key);
      if (early !== undefined) this.seek({ ...owned, offset: early });
    }
    this.#earlySeeks.clear();
    await this.#handlers!.onAssigned(list);
    if (!isCurrent()) return;
    for (const owned of assignment.partitions.values()) {
      if (owned.holds.has('out-of-range')) this.#reportOutOfRange(owned);
      this.#release(owned, 'assigning');
    }
  }

  async #eachBatch({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    const { messages, rawMessages } = batch as unknown as FetchedBatch;
    const assignment = this.#assignment;
    const key = partitionKey(batch.topic, batch.partition);
    const owned = assignment?.partitions.get(key);
    const isOurs = assignment !== undefined && this.#fetchedUnder.get(rawMessages) === assignment;
    if (!isOurs || isStale() || owned?.cursor === undefined || this.#isStopping) return;
    if (owned.holds.size > 0 || this.#running.has(key)) return;
    const { cursor } = owned;
    const ahead = messages.filter(({ offset }) => Number(offset) >= cursor.position);
    const next = Number(batch.lastOffset()) + 1;
    const undecodable = ahead[0]?.undecodable;
    if (undecodable && this.#handlers!.onUndecodable === undefined) return this.#standStill(owned, undecodable);
    resolveOffset(messages.at(-1)!.offset);
    if (ahead.length === 0) return;
    cursor.position = next;
    const { topic, partition } = owned;
    const highWatermark = Number(batch.highWatermark);
    const work = () =>
      undecodable
        ? this.#handlers!.onUndecodable!({ topic, partition, ...undecodable })
        : this.#handlers!.onBatch({ topic, partition, records: ahead.map(toRecord), highWatermark });
    const running = this.#deliver(assignment, owned, work, next).finally(() => {
      this.#running.delete(key);
      const current = this.#owned(batch.topic, batch.partition);
      if (current) this.#release(current, 'busy');
    });
    this.#running.set(key, running);
    if (await isLongerThan(running, detachAfterMs)) this.#hold(owned, 'busy');
  }

  #standStill(owned: OwnedPartition, { firstOffset, lastOffset, reason }: UndecodableMessage['undecodable']): void {
    this.#hold(owned, 'undecodable');
    const { topic, partition } = owned;
    const position = { topic, partition, firstOffset, lastOffset, reason };
    this.#options.log.error(position, 'a batch can’t be decoded: the partition stands still until a seek');
  }

  async #deliver(
    assignment: Assignment,
    owned: OwnedPartition,
    work: () => Promise<void>,
    next: Offset,
  ): Promise<void> {
    const cursor = owned.cursor!;
    try {
      await work();
      cursor.accepted(next);
    } catch (error) {
      if (this.#assignment !== assignment || this.#isStopping) return;
      const pauseMs = cursor.failed(next);
      const { topic, partition } = owned;
      const { restart } = cursor;
      this.#options.log.warn({ topic, partition, restart, pauseMs, err: error }, 'a batch failed');
      this.#consumer.seek({ topic, partition, offset: String(cursor.restart) });
      this.#hold(owned, 'failed');
      owned.timer = setTimeout(() => this.#release(owned, 'failed'), pauseMs);
    }
  }

  #outOfRange(topic: string, partition: number): void {
    const assignment = this.#assignment;
    const owned = this.#owned(topic, partition);
    if (owned?.cursor === undefined || owned.holds.has('out-of-range')) return;
    this.#hold(owned, 'out-of-range');
    // A seek may have overtaken the answer: only the present position counts.
    this.#admin
      .use((admin) => fetchEnds(admin, topic))
      .then(
        (ends) => {
          if (this.#assignment !== assignment || !owned.holds.has('out-of-range')) return;
          const end = ends.find((one) => one.partition === partition);
          const { position } = owned.cursor!;
          if (end && position >= end.low && position <= end.high) this.#release(owned, 'out-of-range');
          else this.#reportOutOfRange(owned);
        },
        () => this.#release(owned, 'out-of-range'), // the next fetch finds it again
      );
  }

  #reportOutOfRange({ topic, partition, cursor }: OwnedPartition): void {
    const position = { topic, partition, offset: cursor!.position };
    this.#options.log.error(position, 'the log no longer has this offset: the partition stands still until a seek');
    this.#handlers!.onOutOfRange?.(position);
  }

  #owned(topic: string, partition: number): OwnedPartition | undefined {
    return this.#assignment?.partitions.get(partitionKey(topic, partition));
  }

  #hold(owned: OwnedPartition, hold: Hold): void {
    owned.holds.add(hold);
    this.#apply(owned);
  }

  #release(owned: OwnedPartition, hold: Hold): void {
    if (owned.holds.delete(hold)) this.#apply(owned);
  }

  #apply(owned: OwnedPartition | undefined): void {
    if (owned === undefined || this.#owned(owned.topic, owned.partition) !== owned || this.#hasCrashed) return;
    const target = [{ topic: owned.topic, partitions: [owned.partition] }];
    if (owned.holds.size > 0 || this.#paused.has(partitionKey(owned.topic, owned.partition)))
      this.#consumer.pause(target);
    else this.#consumer.resume(target);
  }

  #crash(error: Error): void {
    if (this.#hasCrashed || this.#isStopping) return;
    this.#hasCrashed = true;
    this.#unwatch();
    this.#handlers?.onCrashed(error);
  }
}
