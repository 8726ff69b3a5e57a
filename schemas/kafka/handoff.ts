import type { RegistrationId } from '../registration.ts';

/**
 * The columns that every hand-off row carries in front of the OCSF columns of its class. All are required.
 * `sourceEpoch` is an operator's setting per agent topic, raised when the topic was recreated; `objectAccount` is the
 * value of `accountId=` in the object key.
 */
export const handoffColumns = [
  { name: 'registration', arrow: 'utf8' },
  { name: 'generation', arrow: 'int32' },
  { name: 'sourcePartition', arrow: 'int32' },
  { name: 'sourceOffset', arrow: 'int64' },
  { name: 'sourceEpoch', arrow: 'int32' },
  { name: 'objectAccount', arrow: 'utf8' },
] as const;

export type HandoffColumn = (typeof handoffColumns)[number]['name'];

/**
 * Header names of a hand-off message. One of rows of one OCSF version has the first two. One of several versions has only
 * `sections` (see `handoff-sections.ts`), so that a flusher that doesn't know it stops instead of reading half of it.
 */
export const handoffHeaders = {
  ocsfVersion: 'ocsf-version',
  schemaFingerprint: 'schema-fingerprint',
  sections: 'sections',
} as const;

/**
 * The hand-off partition of a registration: the same for every consumer at every time, because the flusher's
 * high-water marks only work when a row that is sent again reaches the same partition.
 */
export function handoffPartition(registration: RegistrationId, partitionCount: number): number {
  return (murmur2(new TextEncoder().encode(registration)) & 0x7fffffff) % partitionCount;
}

/** MurmurHash2, 32 bit, with the seed of Kafka's default partitioner (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ bytes.length;
  const blocks = bytes.length >> 2;
  for (let i = 0; i < blocks; i++) {
    const at = i * 4;
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = bytes.length & 3;
  const tail = blocks * 4;
  if (rest === 3) h ^= bytes[tail + 2]! << 16;
  if (rest >= 2) h ^= bytes[tail + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[tail]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
