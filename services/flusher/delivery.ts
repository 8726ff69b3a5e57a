import { Fault } from '@tributary/schemas/faults.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { laneOf, parkedKey } from '@tributary/schemas/lake/parked-key.ts';
import type { ParkedFacts } from '@tributary/schemas/lake/parked-object.ts';
import { type Destination, partsOfRegistration } from '@tributary/schemas/registration.ts';
import { whereabouts } from './destination.ts';
import { parkUntilDurable } from './parking/park.ts';
import type { JustParked } from './parking/redelivery.ts';
import type { EncodedObject, OwnedPartition, Refused } from './partition.ts';
import { assertFresh } from './proof.ts';
import { deliveredAt, keyAt, subjectOf } from './receipts.ts';
import { Released } from './released.ts';
import { inPutSpan, tracedWindow } from './trace.ts';
import { windowIdOf } from './window-log.ts';
import type { WindowPatience } from './window-patience.ts';

const pauseMsMax = 30_000;

/** What the objects of one window share. */
export interface StoredWindow {
  /** The refresh of the registrations that is under way. */
  readonly known: Promise<unknown>;
  readonly patience: WindowPatience;
  /** Aborts when the partition was released, or with a Fault when it isn't known any more that it is ours. */
  readonly signal: AbortSignal;
}

/** What became of an object of a window. */
export interface Settled {
  readonly receipt: Receipt;
  readonly parked?: JustParked;
}

/**
 * Brings one object of the cut to where it stays: its lake, our own bucket, or nowhere when its registration ended.
 *
 * INVARIANT 4 (no tenant sees another): the destination is that of the rows' own registration and generation, and the
 * external id is that registration's account.
 */
export async function settle(owned: OwnedPartition, object: EncodedObject, window: StoredWindow): Promise<Settled> {
  const { registration, generation } = object.planned;
  const where = await knownWhereabouts(owned, object, window);
  if (where === 'ended') {
    countRows(owned, object, 'dropped');
    return { receipt: { ...subjectOf(owned, object), outcome: 'dropped', fault: 'registration-ended' } };
  }
  return owned.parts.puts.ofRegistration(`${registration} ${generation}`, async () => {
    const lane = laneOf(partsOfRegistration(registration).account, where);
    const behind = owned.redelivery.refusal(lane);
    const answer = behind ?? (await inPutSpan(owned, object, () => tryLake(owned, object, where, window)));
    if (answer.outcome === 'refused')
      return park(owned, object, where, window, { ...answer, nextTry: behind?.nextTry });
    return { receipt: deliveredReceipt(owned, object, where, answer.outcome === 'created') };
  });
}

/** Where the object goes; waits, and asks again, while that isn't known. */
async function knownWhereabouts(
  owned: OwnedPartition,
  { planned: { registration, generation } }: EncodedObject,
  window: StoredWindow,
): Promise<Destination | 'ended'> {
  const { parts, log } = owned;
  for (let pauseMs = 1_000, { known } = window; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    try {
      await known;
      const where = whereabouts(parts.registrations.byId(registration), generation);
      if (where === 'ended') return where;
      if (where !== 'unknown') return where.deliver;
      throw new Fault('subscriptions-not-whole', `generation ${generation} is not known`);
    } catch (error) {
      if (window.signal.aborted) throw endOf(owned, window);
      const fault =
        error instanceof Fault ? error : new Fault('subscriptions-unavailable', undefined, { cause: error });
      log.warn({ window: windowIdOf(owned), fault: fault.code, registration, pauseMs, err: fault }, 'an object waits');
      await parts.pause(pauseMs, window.signal);
      known = parts.registrations.refresh();
    }
  }
}

async function tryLake(
  owned: OwnedPartition,
  { planned, parquet }: EncodedObject,
  destination: Destination,
  window: StoredWindow,
) {
  const { account } = partsOfRegistration(planned.registration);
  const patience = window.patience.with(laneOf(account, destination));
  if (patience.refusal !== undefined) return { outcome: 'refused', fault: patience.refusal, certain: true } as const;
  assertFresh(owned);
  const { parts, eventClass } = owned;
  const answer = await parts.store
    .put({
      destination,
      externalId: account,
      key: keyAt(destination, parts.region, planned),
      body: parquet.bytes,
      sha256: parquet.sha256,
      signal: window.signal,
      patience,
      place: parts.puts.ofFlusher,
      onFault: (fault) => parts.metrics.count('tributary_flusher_put_faults_total', { event_class: eventClass, fault }),
    })
    .catch((error) => {
      throw window.signal.aborted ? endOf(owned, window) : error;
    });
  if (answer.outcome === 'refused') patience.giveUp(answer.fault);
  return answer;
}

async function park(
  owned: OwnedPartition,
  object: EncodedObject,
  destination: Destination,
  window: StoredWindow,
  { fault, certain, nextTry = owned.redelivery.firstTryAt() }: Refused & { readonly nextTry?: number | undefined },
): Promise<Settled> {
  const { planned, parquet } = object;
  const { parts, topic, partition, incarnation } = owned;
  const { account } = partsOfRegistration(planned.registration);
  const facts: ParkedFacts = {
    ...{ registration: planned.registration, generation: planned.generation, destination },
    ...{ objectAccount: planned.objectAccount, eventDay: planned.eventDay, name: planned.name },
    ...{ rows: planned.rows.row.length, sha256: parquet.sha256, handoffTopic: topic, handoffPartition: partition },
    ...{ incarnation, offsets: planned.offsets, times: planned.times, parkedAt: parts.now(), fault: fault.code },
    ...tracedWindow(owned),
  };
  const place = { handoffTopic: topic, handoffPartition: partition, account, destination };
  const key = parkedKey({ ...place, firstOffset: planned.offsets[0], name: planned.name });
  const request = { key, body: parquet.bytes, facts, signal: window.signal };
  await parkUntilDurable(owned, request, () => {
    if (window.signal.aborted) throw endOf(owned, window);
    assertFresh(owned);
  });
  countRows(owned, object, 'parked');
  parts.metrics.count('tributary_flusher_objects_total', { event_class: owned.eventClass, outcome: 'parked' });
  const { registration, name } = planned;
  owned.log.warn({ window: windowIdOf(owned), fault: fault.code, registration, object: name, key }, 'parked an object');
  const where = { bucketName: destination.bucketName, objectKey: keyAt(destination, parts.region, planned) };
  return {
    receipt: { ...subjectOf(owned, object), ...where, outcome: 'parked', fault: fault.code, nextTry },
    // Whoever redoes a cut doesn't know what was tried before.
    parked: { key, bytes: parquet.bytes.byteLength, facts, certain: certain && !owned.redone, nextTry },
  };
}

function deliveredReceipt(owned: OwnedPartition, object: EncodedObject, to: Destination, created: boolean): Receipt {
  const { parts, eventClass } = owned;
  const outcome = created ? 'created' : 'already_there';
  parts.metrics.count('tributary_flusher_objects_total', { event_class: eventClass, outcome });
  countRows(owned, object, 'delivered');
  const key = keyAt(to, parts.region, object.planned);
  return {
    ...subjectOf(owned, object),
    outcome: 'delivered',
    ...deliveredAt(to, key, created, object.parquet.sha256),
  };
}

function countRows({ parts, eventClass }: OwnedPartition, { planned }: EncodedObject, outcome: string): void {
  const labels = { event_class: eventClass, outcome };
  parts.metrics.count('tributary_flusher_rows_total', labels, planned.rows.row.length);
}

/** Why nobody goes on with the window. */
function endOf({ released }: OwnedPartition, { signal }: StoredWindow): unknown {
  return released.aborted ? new Released() : signal.reason;
}
