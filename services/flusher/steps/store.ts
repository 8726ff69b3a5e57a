import { Fault } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { objectKey } from '@tributary/schemas/lake/object-key.ts';
import { type Destination, partsOfRegistration } from '@tributary/schemas/registration.ts';
import { whereabouts } from '../destination.ts';
import type { EncodedObject, OwnedPartition } from '../partition.ts';
import { Released } from '../released.ts';

const pauseMsMax = 30_000;

/**
 * Puts every object of the cut under its own customer's role and external id; resolves when each is in its lake, or
 * belongs to a registration that ended. An object that can't be put is tried again with growing pauses for as long as
 * the partition is ours: the window holds, and nothing of it is lost.
 *
 * INVARIANT 4 (no tenant sees another): the destination is that of the rows' own registration and generation, and the
 * external id is that registration's account.
 */
export async function store(owned: OwnedPartition): Promise<void> {
  const { encoded, parts, collector, cut } = owned;
  if (encoded.length > 0) {
    const known = parts.registrations.refresh();
    const receipts = await Promise.all(encoded.map((object) => storeUntilDurable(owned, object, known)));
    await parts.publishReceipts(receipts);
  }
  owned.durable = { upTo: cut?.offset ?? collector!.from };
}

async function storeUntilDurable(
  owned: OwnedPartition,
  object: EncodedObject,
  first: Promise<unknown>,
): Promise<Receipt> {
  for (let pauseMs = 1_000, known = first; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    try {
      await known;
      return await storeOnce(owned, object);
    } catch (error) {
      if (owned.released.aborted) throw new Released();
      const { eventClass, log, parts } = owned;
      const fault = error instanceof Fault ? error : new Fault('lake-unavailable', undefined, { cause: error });
      parts.metrics.count('tributary_flusher_put_faults_total', { event_class: eventClass, fault: fault.code });
      log.warn(
        { fault: fault.code, registration: object.planned.registration, pauseMs, err: fault },
        'an object waits',
      );
      await parts.pause(pauseMs, owned.released);
      known = parts.registrations.refresh();
    }
  }
}

async function storeOnce(owned: OwnedPartition, object: EncodedObject): Promise<Receipt> {
  const { parts, eventClass, released } = owned;
  const { registration, generation, objectAccount, eventDay, name } = object.planned;
  const where = whereabouts(parts.registrations.byId(registration), generation);
  if (where === 'unknown') throw new Fault('subscriptions-not-whole', `generation ${generation} is not known`);
  if (where === 'ended') {
    parts.metrics.count(
      'tributary_flusher_rows_total',
      { event_class: eventClass, outcome: 'dropped' },
      object.planned.rows.row.length,
    );
    return { ...receiptOf(owned, object), outcome: 'dropped', fault: 'registration-ended' };
  }
  const key = objectKey(where.deliver.prefix, parts.region, objectAccount, eventDay, name);
  const { account } = partsOfRegistration(registration);
  const { outcome } = await parts.store.put({
    registration,
    destination: where.deliver,
    externalId: account,
    key,
    body: object.parquet.bytes,
    sha256: object.parquet.sha256,
    signal: released,
  });
  const created = outcome === 'created';
  parts.metrics.count('tributary_flusher_objects_total', {
    event_class: eventClass,
    outcome: created ? 'created' : 'already_there',
  });
  parts.metrics.count(
    'tributary_flusher_rows_total',
    { event_class: eventClass, outcome: 'delivered' },
    object.planned.rows.row.length,
  );
  return {
    ...receiptOf(owned, object),
    outcome: 'delivered',
    ...delivered(where.deliver, key, created, object.parquet.sha256),
  };
}

function delivered(destination: Destination, objectKey: string, created: boolean, sha256: string): Partial<Receipt> {
  const where = { bucketName: destination.bucketName, objectKey };
  return created ? { ...where, sha256 } : { ...where, alreadyThere: true };
}

function receiptOf(owned: OwnedPartition, { planned, parquet }: EncodedObject): Omit<Receipt, 'outcome'> {
  return {
    registration: planned.registration,
    generation: planned.generation,
    eventClass: owned.eventClass,
    rows: planned.rows.row.length,
    bytes: parquet.bytes.byteLength,
    handoffTopic: owned.topic,
    handoffPartition: owned.partition,
    offsets: planned.offsets,
    times: planned.times,
    writtenAt: owned.parts.now(),
  };
}
