import { type DecodeBudget, decodeBatches, newBudget } from './kafkajs-batches.ts';
import {
  type Broker,
  type Decoder,
  DecoderOf,
  type FetchResponseFormat,
  protocolError,
  type RawMessage,
} from './kafkajs-internals.ts';

const fetchApiKey = 1;
const fetchVersion = 11;
const offsetOutOfRange = 1;

/** One partition of a fetch answer. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  /** Up to here a reader of committed records can read. */
  readonly lastStableOffset: string;
  /** A name of kafkajs: the log's start. */
  readonly lastStartOffset: string;
  /** Always empty: records of aborted transactions are marked as control records already. */
  readonly abortedTransactions: readonly [];
  readonly preferredReadReplica: number;
  readonly messages: RawMessage[];
}

/** A whole fetch answer, in the shape that kafkajs gives it. */
export interface FetchAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

/** What a reader of fetch answers wants to know of them. */
export interface FetchObserver {
  /** Before a fetch goes out; what it answers is handed to `onMessages` with the answer. */
  onFetch(): unknown;
  onMessages(messages: RawMessage[], sent: unknown): void;
  /** The log doesn't have the offset that was asked for. The answer then holds nothing of this partition. */
  onOutOfRange(topic: string, partition: number): void;
}

/**
 * Puts our own decoding of fetch answers under a broker of kafkajs, because kafkajs's own
 * (1) answers an offset out of range by committing the group's offset anew, earliest or latest, without asking,
 * (2) forgets record batches that compaction has emptied, and so never gets past them,
 * (3) fails on a batch of more than about 120,000 records (an array spread into arguments),
 * (4) hands out records of an aborted transaction when two of them overlap, and
 * (5) fails the whole fetch, for good, when one batch of one partition can't be decompressed.
 */
export function observeFetches(broker: Broker, observer: FetchObserver): void {
  const pool = broker.connectionPool;
  const send = pool.send.bind(pool);
  pool.send = (request) => {
    if (request.request.apiKey !== fetchApiKey) return send(request);
    if (request.request.apiVersion !== fetchVersion)
      throw new Error(`the broker offers no fetch of version ${fetchVersion}`);
    const sent = observer.onFetch();
    return send({ request: request.request, response: formatFor(observer, sent) });
  };
}

function formatFor(observer: FetchObserver, sent: unknown): FetchResponseFormat {
  return {
    decode: decodeFetchAnswer,
    async parse(answer) {
      const { responses, ...rest } = answer as FetchAnswer;
      if (rest.errorCode !== 0) throw protocolError(rest.errorCode);
      const kept = responses.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.filter(({ partition, errorCode, messages }) => {
          if (errorCode === offsetOutOfRange) observer.onOutOfRange(topicName, partition);
          else if (errorCode !== 0) throw protocolError(errorCode);
          observer.onMessages(messages, sent);
          return errorCode === 0;
        }),
      }));
      return { ...rest, responses: kept };
    },
  };
}

/** Decodes a fetch answer of version 11 (kafka.apache.org/protocol, Fetch Response). */
export async function decodeFetchAnswer(bytes: Buffer): Promise<FetchAnswer> {
  const decoder = new DecoderOf(bytes);
  const clientSideThrottleTime = decoder.readInt32();
  const errorCode = decoder.readInt16();
  const sessionId = decoder.readInt32();
  const responses = [];
  const budget = newBudget();
  for (let topics = decoder.readInt32(); topics > 0; topics--) {
    const topicName = decoder.readString();
    const partitions: FetchedPartition[] = [];
    for (let count = decoder.readInt32(); count > 0; count--) partitions.push(await decodePartition(decoder, budget));
    responses.push({ topicName, partitions });
  }
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function decodePartition(decoder: Decoder, budget: DecodeBudget): Promise<FetchedPartition> {
  const header = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: decoder.readInt64().toString(),
    lastStableOffset: decoder.readInt64().toString(),
    lastStartOffset: decoder.readInt64().toString(),
  };
  const aborted = decoder.readArray(() => ({
    producerId: decoder.readInt64().toString(),
    firstOffset: Number(decoder.readInt64().toString()),
  }));
  const preferredReadReplica = decoder.readInt32();
  const length = decoder.readInt32();
  const messages = length > 0 ? await decodeBatches(decoder.readBytes(length), aborted, budget) : [];
  return { ...header, abortedTransactions: [], preferredReadReplica, messages };
}
