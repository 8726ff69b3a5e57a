import { Fault } from '@tributary/schemas/faults.ts';
import type { Message, Producer } from 'kafkajs';
import { compressionTypes } from './kafkajs-admin.ts';
import type { OwnClient } from './kafkajs-client.ts';
import { asFirst, transactionFault } from './kafkajs-transaction.ts';
import type { AtomicPublisher, Compression, OutgoingRecord } from './stream.ts';

/**
 * The broker aborts a transaction of a process that died or stands still after so long: until then, who reads only what is
 * committed waits behind it.
 */
const openMsMax = 15_000;

/**
 * The atomic publisher on kafkajs: a transactional producer, one transaction a call. After any error it is of no use any
 * more, because nobody knows what the broker did.
 */
export class KafkajsAtomicPublisher implements AtomicPublisher {
  readonly #client: OwnClient;
  readonly #producer: Producer;
  readonly #compression: Compression;
  readonly #needs: string;
  #fault: Fault | undefined = new Fault('offsets-unknown', 'not fenced yet');

  constructor(options: {
    readonly createClient: () => OwnClient;
    readonly transactionalId: string;
    readonly compression?: Compression;
  }) {
    this.#compression = options.compression ?? 'none';
    this.#needs = `Write of transactional id ${options.transactionalId} and of the topics`;
    this.#client = options.createClient();
    this.#producer = this.#client.kafka.producer({
      transactionalId: options.transactionalId,
      idempotent: true,
      transactionTimeout: openMsMax,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => (args) => args.message.partition!,
    });
  }

  fence(): Promise<void> {
    this.#fault = undefined;
    return this.#guard(async () => {
      await this.#producer.connect();
      // `connect` fences nobody: kafkajs asks for the transactional id's next epoch with the first transaction.
      const transaction = await this.#producer.transaction();
      await transaction.abort();
    });
  }

  publish(records: readonly OutgoingRecord[]): Promise<void> {
    return this.#guard(async () => {
      if (records.length === 0) return;
      const transaction = await this.#producer.transaction();
      const compression = compressionTypes[this.#compression];
      await asFirst(() => transaction.sendBatch({ acks: -1, compression, topicMessages: byTopic(records) }));
      await transaction.commit();
    });
  }

  async close(): Promise<void> {
    this.#fault = new Fault('offsets-unknown', 'the publisher is closed');
    await this.#producer.disconnect().catch(() => undefined);
    this.#client.cut();
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.#fault) throw this.#fault;
    try {
      await work();
    } catch (error) {
      this.#fault = transactionFault(error, this.#needs);
      throw this.#fault;
    }
  }
}

function byTopic(records: readonly OutgoingRecord[]): { topic: string; messages: Message[] }[] {
  const topics = Map.groupBy(records, ({ topic }) => topic);
  return [...topics].map(([topic, list]) => ({
    topic,
    messages: list.map(({ key, value, partition, headers }) => ({
      ...{ key, value, partition },
      ...(headers === undefined ? {} : { headers: { ...headers } }),
    })),
  }));
}
