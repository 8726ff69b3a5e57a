import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { neighboursOf } from '@tributary/consumer/main.ts';
import { startConsumer } from '@tributary/consumer/service.ts';
import { readConsumerSettings } from '@tributary/consumer/settings.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { avroForm } from '@tributary/local/feed/registry.ts';
import { decodeHandoff } from '@tributary/ocsf';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { sourceKey } from '@tributary/schemas/kafka/rejected.ts';
import { agentTopic, clusterLayouts, handoffTopic, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { type RunningService, silentLog } from '@tributary/service';
import {
  type AvroSchema,
  createConfluentRegistry,
  createKafkajsStream,
  type Publisher,
  type StreamAdmin,
  type StreamRecord,
} from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createRedisStore } from '@tributary/subscriptions';
import { ownRegistrations } from '../tools/own-registrations.ts';

const layout = clusterLayouts.local;
const eventClass = 'dns-activity';
const topic = agentTopic(eventClass);
const partition = 0;
/** The subject of the topic, as the agents' producers name it. */
const subject = `${topic}-value`;
const schema = activitySchema(eventClass) as unknown as AvroSchema;

/** The agents' next release: without one field, with a new one, and with another name of a third. */
const next: AvroSchema = {
  ...schema,
  fields: [
    ...schema.fields
      .filter(({ name }) => name !== 'timezone')
      .map((field) =>
        field.name === 'endpointHostName' ? { ...field, name: 'endpointName', aliases: ['endpointHostName'] } : field,
      ),
    { name: 'resolver', type: ['null', 'string'], default: null, doc: 'The server that was asked.' },
  ],
};

describe('an activity schema that changes under a running consumer', () => {
  const endpoints = readEndpoints();
  const unique = randomBytes(4).toString('hex');
  const groupId = `evolution-${unique}`;
  const account = String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const registration = registrationId(account, eventClass);
  /** A database that no other test touches. */
  const redisUrl = `${endpoints.redis}/12`;
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
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: groupId, log: silentLog });
  const registry = createConfluentRegistry({ url: endpoints.schemaRegistry, now: Date.now });
  const store = createRedisStore({ url: redisUrl });
  const ending = new AbortController();
  const handoff = {
    topic: handoffTopic(eventClass),
    partition: handoffPartition(registration, layout.handoffPartitions),
  };
  const starts = new Map<string, number>();
  let following: Promise<unknown> | undefined;
  let admin: StreamAdmin;
  let publisher: Publisher;
  let consumer: RunningService;

  beforeAll(async () => {
    admin = stream.admin();
    publisher = stream.publisher();
    await ensureTopics(admin, layout);
    ({ following } = await ownRegistrations({ stream, store, signal: ending.signal }, [record()]));
    for (const name of [handoff.topic, rejectedTopic])
      for (const one of await admin.ends(name)) starts.set(`${name}/${one.partition}`, one.high);
    const fail = (error: Error) => {
      throw error;
    };
    consumer = await startConsumer(settings, { ...neighboursOf(settings, silentLog), onStep: () => undefined, fail });
  }, 60_000);

  afterAll(async () => {
    await consumer?.stop();
    ending.abort();
    await following;
    await store.close();
    await publisher?.close();
    await admin?.close();
  }, 60_000);

  function record(): RegistrationRecord {
    const at = new Date(0).toISOString();
    const destination = { providerAccountID: account, bucketName: 'b', prefix: eventClass, roleARN: 'arn:aws:iam::x' };
    return {
      registration,
      account,
      eventClass,
      state: 'active',
      generation: 1,
      destination,
      ocsfVersion: '1.1.0',
      earlier: [],
      createdAt: at,
      changedAt: at,
    };
  }

  const activity = () => ({
    accountId: account,
    uuid: `${unique}-${randomBytes(4).toString('hex')}`,
    eventId: 4,
    eventSubId: 301,
    eventTime: Date.now() - 60_000,
    endpointGuid: 'guid-7',
    hostName: 'example.com',
  });

  /** Puts bytes into the agents' topic and resolves with their offset once the consumer has committed it. */
  async function consumed(value: Buffer): Promise<number> {
    const [offset] = await publisher.publish([{ topic, partition, key: 'endpoint', value }]);
    while (((await admin.committed(groupId, topic)).get(partition)?.offset ?? 0) <= offset!)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return offset!;
  }

  async function read(where: { topic: string; partition: number }): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    const from = starts.get(`${where.topic}/${where.partition}`)!;
    await stream.read({ ...where, from, onRecord: (one) => void records.push(one) });
    return records;
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads any column
  async function rowAt(offset: number): Promise<any> {
    for (const { value } of await read(handoff)) {
      const batch = decodeHandoff(value!);
      for (let i = 0; i < batch.rows; i++) {
        if (batch.registration(i) !== registration || batch.sourceOffset[i] !== offset) continue;
        return JSON.parse(
          JSON.stringify(batch.batch.get(i), (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)),
        );
      }
    }
    return undefined;
  }

  async function rejectedAt(offset: number): Promise<StreamRecord | undefined> {
    const records = await read({ topic: rejectedTopic, partition: 0 });
    const key = sourceKey(topic, partition);
    return records.find((one) => String(one.key) === key && String(one.headers['source-offset']) === String(offset));
  }

  /** A value in Confluent's wire format, whatever the bytes are. */
  function wire(schemaId: number, bytes: Uint8Array): Buffer {
    const head = Buffer.alloc(5);
    head.writeInt32BE(schemaId, 1);
    return Buffer.concat([head, bytes]);
  }

  const register = (name: string, avro: AvroSchema) => registry.register(name, avro, { compatibility: 'BACKWARD' });

  it('is_read_with_a_new_a_removed_and_a_renamed_field_by_the_consumer_that_is_running', async () => {
    const id = await register(subject, schema);
    const before = await consumed(
      await registry.encode(id, avroForm({ ...activity(), endpointHostName: 'host-7', timezone: 'UTC+01:00' })),
    );
    expect(await rowAt(before)).toMatchObject({
      device: { hostname: 'host-7', uid: 'guid-7' },
      timezone_offset: 60,
      query: { hostname: 'example.com' },
    });

    const nextId = await register(subject, next);
    expect(nextId).not.toBe(id);
    const form = { ...avroForm(activity()), endpointName: 'host-8', resolver: '10.0.0.53' };
    const row = await rowAt(await consumed(await registry.encode(nextId, form)));
    expect(row).toMatchObject({
      // The writer's schema says that its field was ours under another name.
      device: { uid: 'guid-7', hostname: 'host-8' },
      timezone_offset: null,
      query: { hostname: 'example.com' },
      unmapped: { resolver: '10.0.0.53' },
    });
    expect(row.unmapped).not.toHaveProperty('endpointName');

    // Agents of the old release go on beside those of the new one.
    const old = await consumed(await registry.encode(id, avroForm({ ...activity(), endpointHostName: 'host-9' })));
    expect(await rowAt(old)).toMatchObject({ device: { hostname: 'host-9' } });
  }, 120_000);

  it.each([
    ['a required field without a default', [...next.fields, { name: 'resolverPort', type: 'int' }]],
    [
      'another type of a field',
      next.fields.map((field) => (field.name === 'eventTime' ? { ...field, type: 'string' } : field)),
    ],
  ])('is_refused_by_the_registry_where_it_could_not_read_what_was_written_before: %s', async (_, fields) => {
    await register(subject, schema);
    const nextId = await register(subject, next);
    await expect(register(subject, { ...next, fields })).rejects.toThrow(/incompatible|compatib/i);
    const newest = await fetch(`${endpoints.schemaRegistry}/subjects/${encodeURIComponent(subject)}/versions/latest`);
    expect(await newest.json()).toMatchObject({ id: nextId });
  });

  describe('that a producer forces upon us', () => {
    /** Another subject has other rules: there anything can be registered. */
    const elsewhere = (name: string, fields: AvroSchema['fields']) =>
      register(`elsewhere-${unique}-${name}`, { type: 'record', name: 'Forced', fields });

    async function expectRejected(value: Buffer, fault: string): Promise<void> {
      const offset = await consumed(value);
      const kept = await rejectedAt(offset);
      expect(String(kept?.headers.fault)).toBe(fault);
      expect(kept!.value!.equals(value)).toBe(true);
      expect(await rowAt(offset)).toBeUndefined();
    }

    it('ends_in_rejected_where_its_time_is_no_time', async () => {
      const fields = schema.fields.map((field) => (field.name === 'eventTime' ? { ...field, type: 'string' } : field));
      const id = await elsewhere('time', fields);
      const form = { ...avroForm(activity()), eventTime: 'yesterday' };
      await expectRejected(await registry.encode(id, form), 'invalid-event-time');
    }, 60_000);

    it('ends_in_rejected_where_it_names_no_account', async () => {
      const id = await elsewhere(
        'account',
        schema.fields.filter(({ name }) => name !== 'accountId'),
      );
      const { accountId: _, ...form } = avroForm(activity());
      await expectRejected(await registry.encode(id, form), 'invalid-account');
    }, 60_000);

    it('ends_in_rejected_where_its_bytes_are_not_of_the_schema_that_they_name', async () => {
      const id = await register(subject, schema);
      const other = await registry.encode(await register(subject, next), {
        ...avroForm(activity()),
        endpointName: 'x',
      });
      await expectRejected(wire(id, other.subarray(5)), 'undecodable-avro');
      await expectRejected(wire(id, Buffer.from([0x80])), 'undecodable-avro');
    }, 60_000);

    it('ends_in_rejected_where_no_registry_knows_its_schema', async () => {
      await expectRejected(wire(0x7fff_fff1, Buffer.from([2])), 'unknown-schema-id');
    }, 60_000);

    it('is_read_as_far_as_its_fields_go_where_only_its_subject_is_another', async () => {
      const id = await elsewhere('flags', [
        ...schema.fields.filter(({ name }) => name !== 'hostName'),
        { name: 'hostName', type: 'string' },
        { name: 'flags', type: { type: 'array', items: 'int' } },
      ]);
      const row = await rowAt(await consumed(await registry.encode(id, { ...avroForm(activity()), flags: [1, 2] })));
      expect(row).toMatchObject({ query: { hostname: 'example.com' }, unmapped: { flags: '[1,2]' } });
    }, 60_000);
  });
});
