import { Fault } from '@tributary/schemas/faults.ts';
import type { Offsets, Producer, Transaction } from 'kafkajs';
import { fetchCommitted, type SharedAdmin } from './kafkajs-admin.ts';
import type { OwnClient } from './kafkajs-client.ts';
import { asFirst, transactionFault } from './kafkajs-transaction.ts';
import type { CommittedOffset, FencedCommitter, Offset, TopicPartition } from './stream.ts';

/** Which partition of which group a committer commits, and under which transactional id. */
export interface CommitterOptions extends TopicPartition {
  readonly createClient: () => OwnClient;
  readonly admin: SharedAdmin;
  readonly groupId: string;
  readonly transactionalId: string;
}

/**
 * The fenced committer on kafkajs: a transactional producer that sends offsets only, never data. After any error it is of
 * no use any more, because nobody knows what the broker did.
 */
export class KafkajsCommitter implements FencedCommitter {
  readonly #options: CommitterOptions;
  readonly #client: OwnClient;
  readonly #producer: Producer;
  readonly #admin: ReturnType<SharedAdmin['hold']>;
  #fault: Fault | undefined;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#admin = options.admin.hold();
    this.#client = options.createClient();
    this.#producer = this.#client.kafka.producer({
      transactionalId: options.transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => () => 0,
    });
  }

  fence(): Promise<CommittedOffset> {
    return this.#guard(async () => {
      const { groupId, topic, partition } = this.#options;
      await this.#producer.connect();
      // `connect` fences nobody: kafkajs asks for the transactional id's next epoch with the first transaction.
      const transaction = await this.#producer.transaction();
      await transaction.abort();
      const committed = await this.#admin.use((admin) => fetchCommitted(admin, groupId, topic));
      return committed.get(partition) ?? { offset: undefined, metadata: '' };
    });
  }

  commit(offset: Offset, metadata: string): Promise<void> {
    return this.#guard(async () => {
      const transaction = await this.#producer.transaction();
      await this.#sendOffsets(transaction, offset, metadata);
      await transaction.commit();
    });
  }

  async close(): Promise<void> {
    this.#fault ??= new Fault('offsets-unknown', 'the committer is closed');
    await this.#producer.disconnect().catch(() => undefined);
    this.#client.cut();
    await this.#admin.release();
  }

  async #sendOffsets(transaction: Transaction, offset: Offset, metadata: string): Promise<void> {
    const { groupId, topic, partition } = this.#options;
    // kafkajs encodes the metadata of a partition here, but its types don't know it.
    const partitions = [{ partition, offset: String(offset), metadata }];
    const offsets: Offsets & { consumerGroupId: string } = {
      consumerGroupId: groupId,
      topics: [{ topic, partitions }],
    };
    await asFirst(() => transaction.sendOffsets(offsets));
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#fault) throw this.#fault;
    try {
      return await work();
    } catch (error) {
      const { transactionalId, groupId, topic } = this.#options;
      const needs = `Write of transactional id ${transactionalId}, Read of group ${groupId} and of topic ${topic}`;
      this.#fault = transactionFault(error, needs);
      throw this.#fault;
    }
  }
}
