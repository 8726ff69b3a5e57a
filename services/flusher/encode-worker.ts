import { EncoderBroken, encodeObject, type OpenMessage, OtherColumns, openMessage } from '@tributary/lake';
import type { RowReferences } from './plan.ts';

/** What a worker thread is asked: the objects of one cut, from its messages. */
export interface EncodeCut {
  readonly messages: readonly Uint8Array[];
  readonly objects: readonly RowReferences[];
}

/** An object as Parquet, with the SHA-256 of its bytes (lower-case hex). */
export interface ParquetObject {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/**
 * Encodes every object of a cut, in order. Runs in a worker thread: Parquet costs far more than a heartbeat allows. An
 * encoder that broke ends its thread, so that the pool makes a new one.
 */
export default async function encodeCut({ messages, objects }: EncodeCut): Promise<ParquetObject[]> {
  const opened = messages.map(openMessage);
  const encoded: ParquetObject[] = [];
  try {
    for (const rows of objects) encoded.push(await encodeOne(opened, rows));
  } catch (error) {
    if (!(error instanceof EncoderBroken)) throw error;
    setImmediate(() => {
      throw error;
    });
    await new Promise(() => {});
  }
  return encoded;
}

/** What the thread answers: an error of a class of ours would lose that on its way to another thread. */
export type ThreadAnswer = readonly ParquetObject[] | { readonly otherColumns: string };

/** `encodeCut`, as it is asked from another thread. */
export async function encodeInThread(cut: EncodeCut): Promise<ThreadAnswer> {
  try {
    return await encodeCut(cut);
  } catch (error) {
    if (error instanceof OtherColumns) return { otherColumns: error.message };
    throw error;
  }
}

/** Only the messages that the object has rows of are handed over: all of those have its schema. */
async function encodeOne(messages: readonly OpenMessage[], rows: RowReferences): Promise<ParquetObject> {
  const used = [...new Set(rows.message)];
  const position = new Map(used.map((message, at) => [message, at]));
  const { bytes, sha256 } = await encodeObject({
    messages: used.map((message) => messages[message]!),
    rows: { message: rows.message.map((message) => position.get(message)!), row: rows.row },
  });
  return { bytes, sha256 };
}
