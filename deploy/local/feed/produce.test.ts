import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentTopic, clusterLayouts, topicConfig, topics } from '@tributary/schemas/kafka/topics.ts';
import { createMemoryStream, MemoryBroker } from '@tributary/stream';
import { simulatedAccounts } from './fleet.ts';
import type { LedgerEntry } from './ledger.ts';
import { type ProduceOptions, produce } from './produce.ts';
import { simulate } from './simulate.ts';

const records = [
  ...simulate({
    seed: 1,
    run: 'r',
    count: 5000,
    stepMs: 1,
    startMs: 1e12,
    accounts: simulatedAccounts(2),
    hostsPerAccount: 3,
  }),
];

async function rig(changes: Partial<ProduceOptions> = {}) {
  const stream = createMemoryStream(new MemoryBroker(() => 1e12));
  const layout = clusterLayouts.local;
  const admin = stream.admin();
  await admin.createTopics(
    topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions(layout),
      replicationFactor: 1,
      config: topicConfig(topic, layout),
    })),
  );
  const ledger: LedgerEntry[] = [];
  const clock = { at: 0, slept: 0 };
  const options: ProduceOptions = {
    publisher: stream.publisher(),
    encode: (_eventClass, activity) => Buffer.from(`avro ${activity.uuid}`),
    onAcknowledged: (entries) => void ledger.push(...entries),
    partitions: await admin.partitionCounts(topics.map((topic) => topic.name)),
    jsonShare: 0,
    clock: {
      now: () => clock.at,
      async sleep(ms) {
        clock.at += ms;
        clock.slept += ms;
      },
    },
    ...changes,
  };
  const valuesOf = async (eventClass: EventClass, partition: number) => {
    const values: string[] = [];
    await stream.read({
      topic: agentTopic(eventClass),
      partition,
      from: 0,
      onRecord: ({ value }) => void values.push(value!.toString()),
    });
    return values;
  };
  return { options, ledger, clock, valuesOf };
}

describe('producing the feed', () => {
  it('puts_every_record_where_the_ledger_says_and_one_endpoint_into_one_partition', async () => {
    const { options, ledger, valuesOf } = await rig();
    await produce(records, options);
    expect(ledger.map((entry) => entry.uuid).sort()).toEqual(records.map((record) => record.uuid).sort());
    const partitions = new Map<string, number>();
    for (const eventClass of eventClassNames) {
      for (const partition of [0, 1]) {
        const entries = ledger.filter((entry) => entry.eventClass === eventClass && entry.partition === partition);
        const values = await valuesOf(eventClass, partition);
        expect(values.length).toBe(entries.length);
        for (const entry of entries) expect(values[entry.offset]).toBe(`avro ${entry.uuid}`);
      }
    }
    for (const [index, record] of records.entries()) {
      const found = `${record.eventClass}/${record.key}`;
      expect(partitions.get(found) ?? ledger[index]!.partition).toBe(ledger[index]!.partition);
      partitions.set(found, ledger[index]!.partition);
    }
  });

  it('sends_the_share_of_json_that_was_asked_for', async () => {
    const { options, valuesOf } = await rig({ jsonShare: 0.1 });
    await produce(records, options);
    const values = (
      await Promise.all(eventClassNames.flatMap((name) => [valuesOf(name, 0), valuesOf(name, 1)]))
    ).flat();
    expect(values.filter((value) => value.startsWith('{')).length).toBe(500);
    expect(JSON.parse(values.find((value) => value.startsWith('{'))!)).toMatchObject({ eventTime: expect.any(String) });
  });

  it('keeps_to_the_rate', async () => {
    const { options, clock } = await rig({ ratePerSecond: 1000 });
    await produce(records, options);
    expect(clock.slept).toBeGreaterThan(4900);
    expect(clock.slept).toBeLessThanOrEqual(5000);
  });

  it('writes_to_the_ledger_only_what_was_acknowledged_and_fails_with_the_send', async () => {
    const plain = await rig();
    let sends = 0;
    const { publisher } = plain.options;
    const failing = {
      ...plain.options,
      publisher: {
        publish: async (outgoing: Parameters<typeof publisher.publish>[0]) => {
          sends += 1;
          if (sends === 2) throw new Error('broker gone');
          return publisher.publish(outgoing);
        },
      },
    };
    await expect(produce(records, failing)).rejects.toThrow('Kafka did not acknowledge 2000 events');
    expect(plain.ledger.map((entry) => entry.uuid)).toEqual(records.slice(0, 2000).map((record) => record.uuid));
  });

  it('stops_in_good_order_when_told_to', async () => {
    const stop = new AbortController();
    const { options, ledger } = await rig({ signal: stop.signal, ratePerSecond: 1000 });
    function* stoppingAt100() {
      for (const [index, record] of records.entries()) {
        if (index === 100) stop.abort();
        yield record;
      }
    }
    await produce(stoppingAt100(), options);
    expect(ledger.length).toBe(100);
  });
});
