import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { neighboursOf } from '@tributary/consumer/main.ts';
import { startConsumer } from '@tributary/consumer/service.ts';
import { readConsumerSettings } from '@tributary/consumer/settings.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { jsonOf } from '@tributary/local/feed/feed-record.ts';
import { poison } from '@tributary/local/feed/hard-cases.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { decodeHandoff } from '@tributary/ocsf';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { handoffSectionsOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import { sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { decodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic, clusterLayouts, handoffTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { type OnStep, type RunningService, silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream, type StreamAdmin, type StreamRecord } from '@tributary/stream';
import { sendBomb } from '@tributary/stream/kafkajs-harness.ts';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createRedisStore } from '@tributary/subscriptions';
import { ownRegistrations } from '../tools/own-registrations.ts';

const layout = clusterLayouts.local;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** One activity that was fed, and where it lies in its agent topic. */
interface Fed {
  readonly eventClass: EventClass;
  readonly partition: number;
  readonly offset: number;
  readonly account: string | undefined;
  readonly uuid: string;
  readonly bytes: Buffer;
  readonly fault?: string;
}

describe('a consumer on the real Kafka, Redis and schema registry', () => {
  const endpoints = readEndpoints();
  const groupId = `consumer-test-${randomBytes(4).toString('hex')}`;
  const account = () => String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const registered = [account(), account(), account()];
  const stranger = account();
  /** A database that no other test touches. */
  const redisUrl = `${endpoints.redis}/11`;
  const settings = readConsumerSettings({
    KAFKA_BROKERS: endpoints.kafka,
    SCHEMA_REGISTRY_URL: endpoints.schemaRegistry,
    REDIS_URL: redisUrl,
    CLUSTER_LAYOUT: 'local',
    GROUP_ID: groupId,
    // Of flushers that have delivered nothing: what others delivered of these topics is not this group's.
    FLUSHER_GROUP_ID: `${groupId}-flushers`,
    METRICS_PORT: '0',
  });
  const store = createRedisStore({ url: redisUrl });
  const ending = new AbortController();
  let following: Promise<unknown> | undefined;
  let stream: Stream;
  let admin: StreamAdmin;
  let handoffStarts: Map<string, number>;

  beforeAll(async () => {
    stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'consumer-test', log: silentLog });
    admin = stream.admin();
    await ensureTopics(admin, layout);
    const records = registered.flatMap((owner, i) => eventClassNames.map((name) => record(owner, name, i)));
    ({ following } = await ownRegistrations({ stream, store, signal: ending.signal }, records));
    handoffStarts = new Map();
    for (const topic of [...eventClassNames.map(handoffTopic), rejectedTopic])
      for (const { partition, high } of await admin.ends(topic)) handoffStarts.set(`${topic}/${partition}`, high);
  }, 60_000);

  afterAll(async () => {
    ending.abort();
    await following;
    await store.close();
    await admin?.close();
  });

  function record(owner: string, eventClass: EventClass, index: number): RegistrationRecord {
    const at = new Date(0).toISOString();
    return {
      registration: registrationId(owner, eventClass),
      account: owner,
      eventClass,
      state: 'active',
      generation: 4,
      destination: {
        providerAccountID: owner,
        bucketName: `b-${owner}`,
        prefix: eventClass,
        roleARN: 'arn:aws:iam::x',
      },
      // Two versions side by side cost a message for every change: enough of it in one class.
      ocsfVersion: index === 0 && eventClass === 'dns-activity' ? '1.3.0' : '1.1.0',
      earlier: [],
      createdAt: at,
      changedAt: at,
    };
  }

  /** Feeds activities of every class in both encodings and every codec, and what must be rejected; resolves with where each lies. */
  async function feed(count: number): Promise<Fed[]> {
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const startMs = Date.now() - 3_600_000;
    const run = randomBytes(4).toString('hex');
    const accounts = [...registered, stranger];
    const fleet = { accounts, hostsPerAccount: 2, run, seed: 7, startMs, count, stepMs: 10 };
    const poisonOptions = { account: registered[0]!, run, seed: 8 };
    const bad = eventClassNames.flatMap((name) => poison(poisonOptions, name, startMs, encoder.schemaIdOf(name)));
    const perCodec = new Map(codecs.map((codec) => [codec, [] as Omit<Fed, 'offset'>[]]));
    for (const [index, one] of [...simulate(fleet), ...bad].entries()) {
      const { payload, eventClass, uuid, fault } = one;
      const asJson = index % 3 === 0;
      const bytes =
        'bytes' in payload
          ? payload.bytes
          : asJson
            ? jsonOf(payload.activity)
            : await encoder.encode(eventClass, payload.activity);
      const fed = { eventClass, uuid, account: one.account, bytes, partition: index % layout.agentPartitions };
      perCodec.get(codecs[index % codecs.length]!)!.push(fault === undefined ? fed : { ...fed, fault });
    }
    const all: Fed[] = [];
    for (const [codec, list] of perCodec) {
      const publisher = stream.publisher({ compression: codec });
      const offsets = await publisher.publish(
        list.map((one) => ({
          topic: agentTopic(one.eventClass),
          partition: one.partition,
          key: one.uuid,
          value: one.bytes,
        })),
      );
      await publisher.close();
      all.push(...list.map((one, i) => ({ ...one, offset: offsets[i]! })));
    }
    return all;
  }

  async function read(topic: string, partition: number): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    const from = handoffStarts.get(`${topic}/${partition}`)!;
    await stream.read({ topic, partition, from, onRecord: (one) => void records.push(one) });
    return records;
  }

  /** Position → row, of everything handed off of a class after marks, checked to be in order. */
  async function handedOff(eventClass: EventClass): Promise<Map<string, { partition: number; row: object }>> {
    const rows = new Map<string, { partition: number; row: object }>();
    for (let partition = 0; partition < layout.handoffPartitions; partition++) {
      const marks = new Map<number, number>();
      for (const { headers, value } of await read(handoffTopic(eventClass), partition)) {
        // The sections of a message share its source offsets: marks rise behind the whole of it.
        const before = new Map(marks);
        for (const { bytes } of handoffSectionsOf(headers, value!)) {
          const batch = decodeHandoff(bytes);
          const inSection = new Map<number, number>();
          for (let i = 0; i < batch.rows; i++) {
            if (!registered.some((owner) => batch.registration(i) === registrationId(owner, eventClass))) continue;
            const [source, offset] = [batch.sourcePartition[i]!, batch.sourceOffset[i]!];
            if (offset <= Math.max(before.get(source) ?? -1, inSection.get(source) ?? -1)) continue;
            inSection.set(source, offset);
            marks.set(source, Math.max(marks.get(source) ?? -1, offset));
            rows.set(`${source}/${offset}`, { partition, row: batch.batch.get(i)!.toJSON() });
          }
        }
      }
    }
    return rows;
  }

  /** Resolves when the group has committed everything that is in the agent topics now. */
  async function committedAll(): Promise<void> {
    for (const topic of eventClassNames.map(agentTopic)) {
      for (const { partition, high } of await admin.ends(topic)) {
        while (high > 0 && ((await admin.committed(groupId, topic)).get(partition)?.offset ?? 0) < high)
          await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Starts a consumer; a failure of it ends the test. */
  function start(onStep: OnStep = () => undefined) {
    const fail = (error: Error) => {
      throw error;
    };
    return startConsumer(settings, { ...neighboursOf(settings, silentLog), onStep, fail });
  }

  async function expectHandedOffOnce(fed: readonly Fed[]): Promise<void> {
    for (const eventClass of eventClassNames) {
      const rows = await handedOff(eventClass);
      const wanted = fed.filter(
        (one) => one.eventClass === eventClass && one.fault === undefined && registered.includes(one.account!),
      );
      expect([...rows.keys()].toSorted()).toEqual(wanted.map((one) => `${one.partition}/${one.offset}`).toSorted());
      for (const one of wanted) {
        const { partition, row } = rows.get(`${one.partition}/${one.offset}`)!;
        const registration = registrationId(one.account!, eventClass);
        expect(row).toMatchObject({ registration, generation: 4, sourceEpoch: 0 });
        expect((row as { metadata: { uid: string } }).metadata.uid).toBe(one.uuid);
        expect(partition).toBe(handoffPartition(registration, layout.handoffPartitions));
      }
    }
  }

  async function expectKept(fed: readonly Fed[]): Promise<void> {
    const kept = new Map<string, StreamRecord>();
    for (const one of await read(rejectedTopic, 0)) kept.set(`${one.key}/${one.headers['source-offset']}`, one);
    for (const one of fed.filter(({ fault }) => fault !== undefined)) {
      const record = kept.get(`${sourceKey(agentTopic(one.eventClass), one.partition)}/${one.offset}`);
      expect(String(record?.headers.fault)).toBe(one.fault);
      expect(record!.value!.equals(one.bytes)).toBe(true);
    }
  }

  const fedSoFar: Fed[] = [];

  it('hands_off_every_event_once_whatever_its_encoding_and_codec_and_keeps_the_rest_with_its_reason', async () => {
    fedSoFar.push(...(await feed(1_500)));
    let failures = 3;
    const consumer = await start(({ step, phase }) => {
      if (step === 'commit' && phase === 'before' && failures-- > 0)
        throw new Error('fails between publish and commit');
    });
    await committedAll();
    await consumer.stop();
    await expectHandedOffOnce(fedSoFar);
    await expectKept(fedSoFar);
    const committed = await admin.committed(groupId, agentTopic('file-activity'));
    const progress = decodeSourceProgress(committed.get(0)!.metadata);
    expect(Math.abs(progress!.appendedThrough - Date.now())).toBeLessThan(120_000);
  }, 120_000);

  it('loses_and_doubles_nothing_when_partitions_change_hands_in_the_middle_of_a_batch', async () => {
    fedSoFar.push(...(await feed(600)));
    let second: Promise<RunningService> | undefined;
    // The rebalance happens while a batch of the first consumer is between publish and commit.
    const first = await start(async ({ step, phase }) => {
      if (step !== 'commit' || phase !== 'before') return;
      second ??= start();
      await second;
    });
    await committedAll();
    await first.stop();
    fedSoFar.push(...(await feed(200)));
    await committedAll();
    await (await second!).stop();
    await expectHandedOffOnce(fedSoFar);
  }, 120_000);

  it('keeps_a_batch_that_nobody_can_decompress_and_goes_on_behind_it', async () => {
    const before = await feed(100);
    const bomb = { topic: agentTopic('file-activity'), partition: 0 };
    const offset = (await admin.ends(bomb.topic))[bomb.partition]!.high;
    await sendBomb({ brokers: [endpoints.kafka], clientId: 'consumer-test', log: silentLog }, bomb);
    fedSoFar.push(...before, ...(await feed(100)));
    const consumer = await start();
    await committedAll();
    await consumer.stop();
    await expectHandedOffOnce(fedSoFar);
    const source = sourceKey(bomb.topic, bomb.partition);
    const kept = (await read(rejectedTopic, 0)).filter(
      ({ key, headers }) => String(key) === source && String(headers['source-offset']) === String(offset),
    );
    expect(kept.map(({ headers }) => String(headers.fault))).toEqual(['undecodable-batch']);
    expect(kept[0]!.value!.readBigInt64BE(0)).toBe(BigInt(offset));
  }, 120_000);
});
