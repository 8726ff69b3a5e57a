import { activityOf } from '@tributary/ocsf/columnar/activity-of.ts';
import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { objectAccount } from '@tributary/schemas/lake/object-key.ts';
import { type OcsfVersion, ocsfVersions, type RegistrationRecord } from '@tributary/schemas/registration.ts';
import { type Batch, type Chunk, reject } from '../batch.ts';
import { failureOf } from '../failure-of.ts';
import type { Picked } from '../workspace.ts';

/** Rows made one by one between two turns of the event loop: one of 4 MB takes some 20 ms. */
const sliceRows = 50;

/**
 * Makes each activity a row of OCSF, in the version of its registration, and says whose it is.
 *
 * The clock is the record's append time, not ours: tried again, an event must meet the same fate, or a row could come back
 * behind the high-water mark.
 */
export async function normalise(batch: Batch): Promise<void> {
  for (const chunk of batch.chunks) {
    for (const version of ocsfVersions) {
      const picked = pickedOf(batch, chunk, version);
      if (picked.places.length === 0) continue;
      addRows(batch, chunk, version, picked);
      await batch.neighbours.turn();
    }
    setOrigins(batch, chunk);
  }
  let made = 0;
  for (const [place, activity] of batch.alone) {
    const owner = batch.owners[place];
    if (owner === undefined) continue;
    addRow(batch, place, () => activity, owner.ocsfVersion);
    setOrigin(batch, place, objectAccount(owner.account, activity.awsAccountId));
    if (++made % sliceRows === 0) await batch.neighbours.turn();
  }
  batch.chunks = [];
  batch.alone.clear();
}

function pickedOf(batch: Batch, { places }: Chunk, version: OcsfVersion): Picked {
  const wanted = (place: number) => batch.owners[place]?.ocsfVersion === version;
  const picks = new Int32Array(places.length);
  let count = 0;
  for (let row = 0; row < places.length; row++) if (wanted(places[row]!)) picks[count++] = row;
  const own = picks.subarray(0, count);
  return {
    picks: own,
    places: own.map((row) => places[row]!),
    now: Float64Array.from(own, (row) => batch.records[places[row]!]!.timestamp),
  };
}

/** A bug of ours in the columns must not hold the partition up: the rows are then made one by one. */
function addRows(batch: Batch, chunk: Chunk, version: OcsfVersion, picked: Picked): void {
  try {
    for (const { place, fault, reason } of batch.workspace.add(version, chunk.columns, picked)) {
      reject(batch, place, fault, reason);
    }
  } catch (error) {
    const { topic, partition, records, neighbours } = batch;
    const firstOffset = records[picked.places[0]!]!.offset;
    neighbours.log.error({ topic, partition, firstOffset, err: error }, 'a bug of the columns; row by row instead');
    for (const [at, place] of picked.places.entries()) {
      addRow(batch, place, () => activityOf(chunk.columns, picked.picks[at]!), version);
    }
  }
}

function addRow(batch: Batch, place: number, activity: () => Activity, version: OcsfVersion): void {
  try {
    const answer = batch.workspace.addActivity(version, place, activity(), batch.records[place]!.timestamp);
    if (answer.outcome === 'reject') reject(batch, place, answer.fault, answer.reason);
  } catch (error) {
    // Stopping would hold up every customer of the partition, and stepping over it would lose the event.
    reject(batch, place, 'mapping-failed', failureOf(error));
  }
}

/** The account in the object's key is made once for each that occurs. */
function setOrigins(batch: Batch, { columns, places }: Chunk): void {
  const aws = columns.fields.get('awsAccountId');
  const known = new Map<RegistrationRecord, string[]>();
  for (let row = 0; row < places.length; row++) {
    const owner = batch.owners[places[row]!];
    if (owner === undefined) continue;
    const entry = aws === undefined ? -1 : aws.codes[row]!;
    let accounts = known.get(owner);
    if (accounts === undefined) {
      accounts = [];
      known.set(owner, accounts);
    }
    accounts[entry + 1] ??= objectAccount(owner.account, entry < 0 ? undefined : (aws!.value(entry) as string));
    setOrigin(batch, places[row]!, accounts[entry + 1]!);
  }
}

function setOrigin(batch: Batch, place: number, account: string): void {
  const owner = batch.owners[place];
  if (owner === undefined) return;
  batch.workspace.setOrigin(owner.ocsfVersion, place, {
    registration: owner.registration,
    generation: owner.generation,
    sourcePartition: batch.partition,
    sourceOffset: batch.records[place]!.offset,
    sourceEpoch: batch.neighbours.epochOf(batch.topic),
    objectAccount: account,
  });
}
