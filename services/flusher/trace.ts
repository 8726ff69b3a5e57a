import { windowId } from '@tributary/schemas/kafka/receipt.ts';
import { inSpan, linksTo } from '@tributary/service';
import type { EncodedObject, OwnedPartition } from './partition.ts';
import { windowIdOf } from './window-log.ts';

/** Works a window from its cut to its commit within one span, linked to what its messages carry. An empty one has no span. */
export function inWindowSpan(owned: OwnedPartition, work: () => Promise<void>): Promise<void> {
  const { topic, partition, collector, parts } = owned;
  if (collector!.next === collector!.from) return work();
  const messages = () => collector!.upTo(owned.cut?.offset ?? collector!.cutOffset(parts.limits));
  return inSpan(
    `process ${topic}`,
    {
      kind: 'consumer',
      parent: { traceparent: undefined },
      attributes: () => ({
        'messaging.system': 'kafka',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'tributary.first_offset': collector!.from,
        'tributary.redone': owned.redone,
      }),
      links: () => linksTo(messages().map(({ traceparent }) => traceparent)),
    },
    async (note) => {
      try {
        await work();
        note({ 'tributary.window': windowId(topic, partition, collector!.from) });
      } catch (error) {
        note({ 'tributary.window': windowIdOf(owned) });
        throw error;
      }
    },
  );
}

/**
 * Puts an object within one span. It says whose the object is by the registration (our own name, as in logs), and names
 * the object by its digest of positions: never the bucket, the role or the whole key, which belong to the customer.
 */
export function inPutSpan<Answer extends { readonly outcome: string }>(
  { eventClass, collector, cut }: OwnedPartition,
  { planned, parquet }: EncodedObject,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { registration, generation, name, rows } = planned;
  return inSpan(
    'S3/PutObject',
    {
      kind: 'client',
      attributes: () => ({
        'rpc.system': 'aws-api',
        'rpc.service': 'S3',
        'rpc.method': 'PutObject',
        'tributary.registration': registration,
        'tributary.generation': generation,
        'tributary.event_class': eventClass,
        'tributary.ocsf_version': collector?.upTo(cut?.offset ?? 0)[rows.message[0]!]?.ocsfVersion,
        'tributary.object': name,
        'tributary.rows': rows.row.length,
        'tributary.bytes': parquet.bytes.byteLength,
      }),
    },
    async (note) => {
      const answer = await work();
      note({ 'tributary.outcome': answer.outcome });
      return answer;
    },
  );
}
