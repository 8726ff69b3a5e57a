import { encodeObject } from '@tributary/lake';
import { move } from 'piscina';
import type { RowReferences } from './plan.ts';

/** What a worker thread is asked: the objects of one cut, from its messages. */
export interface EncodeCut {
  readonly messages: readonly Uint8Array[];
  readonly objects: readonly RowReferences[];
}

/** Encodes every object of a cut, in order. Runs in a worker thread: Parquet costs far more than a heartbeat allows. */
export default function encodeCut({ messages, objects }: EncodeCut): Uint8Array[] {
  return objects.map((rows) => {
    // Only the messages that this object has rows of are opened.
    const used = [...new Set(rows.message)];
    const position = new Map(used.map((message, at) => [message, at]));
    const { bytes } = encodeObject({
      messages: used.map((message) => messages[message]!),
      rows: { message: rows.message.map((message) => position.get(message)!), row: rows.row },
    });
    return move(bytes as Uint8Array<ArrayBuffer>) as Uint8Array;
  });
}
