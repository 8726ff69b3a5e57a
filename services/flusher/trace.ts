import { windowId } from '@tributary/schemas/kafka/receipt.ts';
import type { ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import { inSpan, linksTo, type Note, traceHeaders } from '@tributary/service';
import type { EncodedObject, OwnedPartition } from './partition.ts';
import { windowIdOf } from './window-log.ts';

type Attributes = Parameters<Note>[0];

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
  return putSpan(
    () => ({
      ...objectAttributes({ registration, generation, name, rows: rows.row.length }),
      'tributary.event_class': eventClass,
      'tributary.ocsf_version': collector?.upTo(cut?.offset ?? 0)[rows.message[0]!]?.ocsfVersion,
      'tributary.bytes': parquet.bytes.byteLength,
    }),
    work,
  );
}

/** What is written down with a parked object of the window: its name, and its context where it is traced. */
export function tracedWindow(owned: OwnedPartition): Pick<ParkedFacts, 'window' | 'traceparent'> {
  const window = windowIdOf(owned);
  const { traceparent } = traceHeaders();
  return { ...(window && { window }), ...(traceparent && { traceparent }) };
}

/** One more try of a parked object, from its put to its receipt: a trace of its own, linked to the window that parked it. */
export function inRedeliverySpan<Answer extends { readonly outcome: string }>(
  facts: ParkedFacts,
  tries: number,
  work: () => Promise<Answer>,
): Promise<Answer> {
  return inSpan(
    `redeliver ${facts.handoffTopic}`,
    {
      parent: { traceparent: undefined },
      attributes: () => ({
        'messaging.destination.name': facts.handoffTopic,
        'messaging.destination.partition.id': String(facts.handoffPartition),
        'tributary.window': facts.window,
        'tributary.tries': tries,
      }),
      links: () => linksTo([facts.traceparent]),
    },
    (note) => noting(note, work),
  );
}

/** The put of a parked object within its try. */
export function inParkedPutSpan<Answer extends { readonly outcome: string }>(
  facts: ParkedFacts,
  bytes: number,
  work: () => Promise<Answer>,
): Promise<Answer> {
  return putSpan(() => ({ ...objectAttributes(facts), 'tributary.bytes': bytes }), work);
}

function putSpan<Answer extends { readonly outcome: string }>(
  attributes: () => Attributes,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const call = { 'rpc.system': 'aws-api', 'rpc.service': 'S3', 'rpc.method': 'PutObject' };
  return inSpan('S3/PutObject', { kind: 'client', attributes: () => ({ ...call, ...attributes() }) }, (note) =>
    noting(note, work),
  );
}

async function noting<Answer extends { readonly outcome: string }>(note: Note, work: () => Promise<Answer>) {
  const answer = await work();
  note({ 'tributary.outcome': answer.outcome });
  return answer;
}

function objectAttributes({
  registration,
  generation,
  name,
  rows,
}: Pick<ParkedFacts, 'registration' | 'generation' | 'name' | 'rows'>): Attributes {
  return {
    'tributary.registration': registration,
    'tributary.generation': generation,
    'tributary.object': name,
    'tributary.rows': rows,
  };
}
