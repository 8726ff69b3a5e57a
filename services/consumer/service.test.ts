import { afterEach, describe, expect, it } from '@jest/globals';
import { clusterLayouts, topics } from '@tributary/schemas/kafka/topics.ts';
import { createMetrics, silentLog } from '@tributary/service';
import { createMemoryStream, MemoryBroker } from '@tributary/stream/memory.ts';
import { createMemoryStore } from '@tributary/subscriptions/memory.ts';
import { createMirror } from '@tributary/subscriptions/mirror.ts';
import { fileActivity, jsonAsAvro, registrationOf } from './rig.fixture.ts';
import { startConsumer } from './service.ts';
import { readConsumerSettings } from './settings.ts';
import { Workspace, Workspaces } from './workspace.ts';

const settings = readConsumerSettings({
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'https://in-memory',
  REDIS_URL: 'redis://localhost',
  CLUSTER_LAYOUT: 'local',
  METRICS_PORT: '0',
});
const registeredAt = Date.UTC(2026, 0, 15);

function world() {
  const broker = new MemoryBroker(() => registeredAt);
  const store = createMemoryStore();
  const make = (name: string, partitions: number) =>
    broker.createTopic({ name, partitions, replicationFactor: 1, config: {} });
  const parts = {
    stream: createMemoryStream(broker),
    decoders: jsonAsAvro,
    workspaces: new Workspaces((eventClass) => new Workspace(eventClass, 1)),
    log: silentLog,
    metrics: createMetrics(),
    now: () => registeredAt,
    elapsed: () => registeredAt,
    onStep: () => undefined,
    fail: () => undefined,
    mirror: (journalEnd: () => Promise<number>) => ({
      ...createMirror({ store, journalEnd, now: () => registeredAt, checkEveryMs: 0 }),
      close: async () => undefined,
    }),
  };
  return { broker, store, parts, make };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('a consumer as a service', () => {
  it('refuses_to_start_on_topics_with_other_partition_counts_and_says_which', async () => {
    const { parts, make } = world();
    for (const topic of topics) {
      const count = topic.partitions(clusterLayouts.local);
      if (topic.name !== 'rejected') make(topic.name, topic.name === 'ocsf.dns-activity' ? count + 1 : count);
    }
    const start = startConsumer(settings, parts);
    await expect(start).rejects.toThrow('ocsf.dns-activity: 3 partitions, expected 2');
    await expect(start).rejects.toThrow('rejected: does not exist, expected 1');
  });

  it('hands_off_what_is_there_and_is_ready_only_while_it_could', async () => {
    const { broker, store, parts, make } = world();
    for (const topic of topics) make(topic.name, topic.partitions(clusterLayouts.local));
    await store.rebuild([{ kind: 'registration', record: registrationOf('111111111111') }], -1);
    const service = await startConsumer(settings, parts);
    stops.push(() => service.stop());
    const ready = () => fetch(`http://127.0.0.1:${service.metricsPort}/readyz`);
    expect((await ready()).status).toBe(200);

    store.goAway();
    const value = JSON.stringify(fileActivity('111111111111'));
    broker.log('agent.file-activity', 0).append({ topic: '', partition: 0, key: null, value }, registeredAt);
    broker.changed();
    while ((await ready()).status === 200);
    expect(await (await ready()).text()).toContain('subscriptions-unavailable');

    store.comeBack();
    while ((await ready()).status !== 200);
    expect(broker.group('tributary.consumer').committed('agent.file-activity', 0).offset).toBe(1);
  });
});
