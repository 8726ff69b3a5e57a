import {
  type Broker,
  type Decoder,
  DecoderOf,
  decodeRecordBatch,
  type FetchResponseFormat,
  protocolError,
  type RawMessage,
  type RecordBatch,
} from './kafkajs-internals.ts';

const fetchApiKey = 1;
const fetchVersion = 11;
const recordBatchHeaderBytes = 61;
const magicAt = 16;
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
 * (3) fails on a batch of more than about 120,000 records (an array spread into arguments), and
 * (4) hands out records of an aborted transaction when two of them overlap.
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
  for (let topics = decoder.readInt32(); topics > 0; topics--) {
    const topicName = decoder.readString();
    const partitions: FetchedPartition[] = [];
    for (let count = decoder.readInt32(); count > 0; count--) partitions.push(await decodePartition(decoder));
    responses.push({ topicName, partitions });
  }
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, responses };
}

async function decodePartition(decoder: Decoder): Promise<FetchedPartition> {
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
  const messages = await decodeMessages(decoder, aborted);
  return { ...header, abortedTransactions: [], preferredReadReplica, messages };
}

interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: number;
}

async function decodeMessages(decoder: Decoder, aborted: readonly AbortedTransaction[]): Promise<RawMessage[]> {
  const length = decoder.readInt32();
  if (length <= 0) return [];
  const bytes = decoder.readBytes(length);
  const batches = new DecoderOf(bytes);
  const messages: RawMessage[] = [];
  const isAborted = abortedBatches(aborted);
  for (let at = 0; at + recordBatchHeaderBytes <= length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > length) break; // the answer's size limit cut the last batch
    if (bytes[at + magicAt] !== 2) throw new Error(`a record batch of format ${bytes[at + magicAt]} can't be read`);
    const batch = await decodeRecordBatch(batches);
    const hidden = isAborted(batch);
    for (const record of batch.records) messages.push(hidden ? { ...record, isControlRecord: true } : record);
    const last = (BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta)).toString();
    if (messages.at(-1)?.offset !== last) messages.push(compactedTail(last));
    at = end;
  }
  return messages;
}

/** Says of one batch after the other whether it belongs to an aborted transaction (KIP-98, consumer side). */
function abortedBatches(aborted: readonly AbortedTransaction[]): (batch: RecordBatch) => boolean {
  const ahead = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  return (batch) => {
    const end = Number(batch.firstOffset) + batch.lastOffsetDelta;
    while (ahead.length > 0 && ahead[0]!.firstOffset <= end) open.add(ahead.shift()!.producerId);
    if (batch.isControlBatch) open.delete(batch.producerId);
    return batch.inTransaction && open.has(batch.producerId);
  };
}

/** Stands for the end of a batch whose last records compaction has removed, so that a reader gets past it. */
function compactedTail(offset: string): RawMessage {
  return { offset, timestamp: '0', key: null, value: null, headers: {}, isControlRecord: true };
}
