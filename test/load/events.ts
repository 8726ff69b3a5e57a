import type { SourceBatch } from '@tributary/consumer/batch.ts';
import { jsonOf } from '@tributary/local/feed/feed-record.ts';
import { simulatedAccounts } from '@tributary/local/feed/fleet.ts';
import { avroForm } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import type { AvroSchema } from '@tributary/stream';
import { MemoryRegistry } from '@tributary/stream/memory-registry.ts';
import type { EventIdentity } from './written-rows.ts';

const startMs = Date.UTC(2026, 0, 15, 12);
/** The events fill one window. */
const windowMs = 300_000;
const hosts = 40;

/** Our customer, whose events these are. */
export const account = simulatedAccounts(1)[0]!;

/** The same events in both encodings, by class, in order of arrival, as a consumer reads them. */
export interface AgentEvents {
  readonly avro: readonly SourceBatch[];
  readonly json: readonly SourceBatch[];
  readonly registry: MemoryRegistry;
  /** What must be in the lake in the end. */
  readonly expected: readonly EventIdentity[];
}

/** `count` simulated events of one customer with 40 hosts: the same bytes in every run. */
export async function agentEvents(count: number): Promise<AgentEvents> {
  const registry = new MemoryRegistry(Date.now);
  const ids = new Map<EventClass, number>();
  for (const name of eventClassNames) {
    ids.set(name, await registry.register(agentTopic(name), activitySchema(name) as unknown as AvroSchema));
  }
  const fleet = { accounts: [account], hostsPerAccount: hosts, startMs };
  const events = [...simulate({ ...fleet, seed: 1, run: 'bench', count, stepMs: windowMs / count })].map((event) => {
    if (!('activity' in event.payload)) throw new Error('the simulator made broken bytes');
    return { ...event, activity: event.payload.activity, arrivedAt: Number(event.payload.activity.logReceivedTime) };
  });
  // Events reach Kafka a little out of the order in which they happened.
  const arrived = Map.groupBy(
    events.toSorted((one, other) => one.arrivedAt - other.arrivedAt),
    ({ eventClass }) => eventClass,
  );
  const batches = async (encode: (event: (typeof events)[number]) => Buffer | Promise<Buffer>) => {
    const encoded: SourceBatch[] = [];
    for (const [eventClass, own] of arrived) {
      const records = own.map(async (event, offset) => {
        const { key, arrivedAt: timestamp } = event;
        return { offset, key: Buffer.from(key), value: await encode(event), headers: {}, timestamp };
      });
      encoded.push({ topic: agentTopic(eventClass), partition: 0, eventClass, records: await Promise.all(records) });
    }
    return encoded;
  };
  return {
    avro: await batches(({ eventClass, activity }) => registry.encode(ids.get(eventClass)!, avroForm(activity))),
    json: await batches(({ activity }) => jsonOf(activity)),
    registry,
    expected: events.map(({ uuid, time }) => ({ uid: uuid, time })),
  };
}
