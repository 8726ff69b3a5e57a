import { recordOf } from '@tributary/local/feed/feed-record.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { encodeHandoff, type HandoffRow, normalise, ocsfColumns } from '@tributary/ocsf';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { handoffHeaders, handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationId, registrationId } from '@tributary/schemas/registration.ts';
import type { OutgoingRecord } from '@tributary/stream';

export { recordOf };

/** Hand-off rows of one account, as a consumer would make them from source partition 0, numbered from `firstOffset`. */
export function handoffRowsOf(options: {
  account: string;
  eventClass: EventClass;
  count: number;
  seed: number;
  firstOffset: number;
  generation?: number;
}): (HandoffRow & { uuid: string })[] {
  const { account, eventClass, count, seed, firstOffset, generation = 1 } = options;
  const rows: (HandoffRow & { uuid: string })[] = [];
  const startMs = Date.UTC(2026, 0, 2, 12);
  const events = simulate({
    accounts: [account],
    hostsPerAccount: 3,
    run: `handoff-${seed}`,
    seed,
    startMs,
    count: count * 200,
    stepMs: 10,
  });
  for (const { eventClass: found, payload, uuid } of events) {
    if (rows.length === count) break;
    if (found !== eventClass || !('activity' in payload)) continue;
    const outcome = normalise(eventClass, '1.1.0', coerceActivity(payload.activity), { now: startMs });
    if (outcome.outcome !== 'ok') throw new Error(`a simulated event was not mapped: ${JSON.stringify(outcome)}`);
    const position = { sourcePartition: 0, sourceOffset: firstOffset + rows.length, sourceEpoch: 0 };
    rows.push({
      uuid,
      registration: registrationId(account, eventClass),
      generation,
      objectAccount: `external_${account}`,
      ...position,
      row: outcome.value,
    });
  }
  return rows;
}

/** One hand-off message of rows of one class. */
export function handoffMessage(eventClass: EventClass, partition: number, rows: readonly HandoffRow[]): OutgoingRecord {
  return {
    topic: handoffTopic(eventClass),
    partition,
    key: sourceKey(agentTopic(eventClass), 0),
    value: encodeHandoff({ eventClass, ocsfVersion: '1.1.0', rows }),
    headers: {
      [handoffHeaders.ocsfVersion]: '1.1.0',
      [handoffHeaders.schemaFingerprint]: ocsfColumns(eventClass, '1.1.0').fingerprint,
    },
  };
}

/** Where a registration's rows go, with `count` partitions. */
export const partitionOf = (registration: RegistrationId, count: number): number =>
  handoffPartition(registration, count);
