import type { RawMessage } from './kafkajs-internals.ts';
import type { StreamRecord } from './stream.ts';

/** A record of the port; of a header that stands several times, the last value counts. */
export function toRecord({ offset, key, value, headers, timestamp }: RawMessage): StreamRecord {
  const single: Record<string, Buffer> = {};
  for (const [name, header] of Object.entries(headers)) {
    const last = Array.isArray(header) ? header.at(-1) : header;
    if (last !== undefined && last !== null) single[name] = last;
  }
  return { offset: Number(offset), key, value, headers: single, timestamp: Number(timestamp) };
}
