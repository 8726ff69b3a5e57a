import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerClients, makeLake } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { jsonOf } from '@tributary/local/feed/feed-record.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { StackError } from '@tributary/local/tools.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { agentTopic, clusterLayouts, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { type RunningService, silentLog } from '@tributary/service';
import { createKafkajsStream, type StreamAdmin } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { uuidOf } from '../tools/lake-rules.ts';
import { codecsInLog } from '../tools/log-codecs.ts';
import { startOwnDelivery } from '../tools/own-delivery.ts';
import { javaClient } from '../tools/producers/java-client.ts';
import { kafkajsClient } from '../tools/producers/kafkajs-client.ts';
import { librdkafka } from '../tools/producers/librdkafka.ts';
import { codecs, type Landed, type Produce, type RecordToSend } from '../tools/producers/record-to-send.ts';
import { openDuckdb } from '../tools/readers/duckdb.ts';

const eventClass = 'file-activity';
const topic = agentTopic(eventClass);
const partitions = clusterLayouts.local.agentPartitions;
const eventsOfEach = 8;

const makers: Readonly<Record<string, () => Promise<Produce>>> = {
  librdkafka,
  'the Java client': javaClient,
  kafkajs: kafkajsClient,
};
/** A client that can't be installed here is skipped by its name, with the reason. */
const clients = await Promise.all(
  Object.entries(makers).map(async ([name, make]) => {
    const produce = await make().catch((error: Error) => {
      if (error instanceof StackError) return error.message;
      throw error;
    });
    return { name, produce };
  }),
);

/** A record, who sent it, and where it landed. */
interface Sent {
  readonly client: string;
  readonly record: RecordToSend;
  /** Of the activity; undefined for a tombstone. */
  readonly uuid: string | undefined;
  readonly landed: Landed | undefined;
}

describe('events of real producers', () => {
  const endpoints = readEndpoints();
  const unique = randomBytes(4).toString('hex');
  const account = String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const bucketName = `producers-${unique}`;
  const aws = customerClients(endpoints);
  const lake = new LakeContents(aws.s3);
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'producers-test', log: silentLog });
  const sent: Sent[] = [];
  /** How often each activity is in the lake, as DuckDB reads it. */
  const inLake = new Map<string, number>();
  /** The fault of each position that was rejected. */
  const rejected = new Map<string, string>();
  let admin: StreamAdmin | undefined;
  let delivery: RunningService | undefined;

  beforeAll(async () => {
    admin = stream.admin();
    await ensureTopics(admin, clusterLayouts.local);
    const sources = await makeLake(endpoints, { account, bucketName, eventClasses: [eventClass] });
    const { prefix, roleARN } = sources.find((source) => source.eventClass === eventClass)!;
    delivery = await startOwnDelivery(endpoints, [registration(prefix, roleARN)]);
    const rejectedFrom = (await admin.ends(rejectedTopic))[0]!.high;
    for (const { name, produce } of clients) if (typeof produce === 'function') await send(name, produce);
    await untilAllArrived(rejectedFrom);
    await readLake();
  }, 300_000);

  afterAll(async () => {
    await delivery?.stop();
    await admin?.close();
    aws.close();
  }, 60_000);

  function registration(prefix: string, roleARN: string): RegistrationRecord {
    const at = '2026-01-01T00:00:00.000Z';
    return {
      registration: registrationId(account, eventClass),
      destination: { providerAccountID: endpoints.awsUsers.customer.accountId, bucketName, prefix, roleARN },
      ...{ account, eventClass, state: 'active', generation: 1, ocsfVersion: '1.1.0', earlier: [] },
      ...{ createdAt: at, changedAt: at },
    };
  }

  const activity = (uuid: string) => ({
    uuid,
    accountId: account,
    eventId: 2,
    eventSubId: 101,
    eventTime: Date.now() - 60_000,
    endpointGuid: '11111111-1111-1111-1111-111111111111',
    endpointHostName: 'host-1',
    objectFilePath: '/tmp/report.txt',
    processFilePath: '/usr/bin/tar',
    processPid: 42,
  });

  /** Of each codec: events in both encodings, with and without headers, in and out of transactions, and tombstones. */
  async function send(client: string, produce: Produce): Promise<void> {
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const records: (RecordToSend & { uuid?: string })[] = [];
    for (const codec of codecs) {
      for (let at = 0; at < eventsOfEach; at++) {
        for (const fate of ['plain', 'commit', 'abort'] as const) {
          const [uuid, isAvro] = [randomUUID(), at % 2 === 0];
          const common = {
            codec,
            fate,
            hasHeaders: at % 4 < 2,
            partition: at % partitions,
            key: `endpoint-${at}`,
            uuid,
          };
          // Confluent's serializer for Python encodes by itself; for the others the value is encoded already.
          if (!isAvro) records.push({ ...common, kind: 'bytes', payload: jsonOf(activity(uuid)) });
          else if (client === 'librdkafka')
            records.push({ ...common, kind: 'avro', payload: Buffer.from(JSON.stringify(activity(uuid))) });
          else records.push({ ...common, kind: 'bytes', payload: await encoder.encode(eventClass, activity(uuid)) });
        }
      }
      const tombstone = { codec, partition: 0, key: 'gone', kind: 'null', payload: Buffer.alloc(0) } as const;
      records.push(
        { ...tombstone, fate: 'plain', hasHeaders: false },
        { ...tombstone, fate: 'plain', hasHeaders: true },
      );
    }
    const schema = activitySchema(eventClass);
    const place = { brokers: endpoints.kafka, schemaRegistry: endpoints.schemaRegistry, topic, schema, unique };
    const landed = await produce(records, place);
    for (const [at, { uuid, ...record }] of records.entries()) sent.push({ client, record, uuid, landed: landed[at] });
  }

  const mustArrive = ({ record, uuid }: Sent) => uuid !== undefined && record.fate !== 'abort';
  const positionOf = ({ landed }: Sent) => (landed === undefined ? 'unknown' : `${landed.partition}/${landed.offset}`);

  /** Resolves when as many events are in the lake and on `rejected` as must be, and two windows later. */
  async function untilAllArrived(rejectedFrom: number): Promise<void> {
    const events = sent.filter(mustArrive).length;
    const tombstones = sent.filter(({ uuid }) => uuid === undefined).length;
    let rows = 0;
    for (const until = Date.now() + 180_000; Date.now() < until; await delay(300)) {
      for (const object of await lake.fresh(bucketName)) rows += object.rows.length;
      await readRejected(rejectedFrom);
      if (rows >= events && rejected.size >= tombstones) break;
    }
    await delay(2_500); // a row too many would come with the next window
    await readRejected(rejectedFrom);
  }

  async function readRejected(from: number): Promise<void> {
    await stream.read({
      topic: rejectedTopic,
      partition: 0,
      from,
      onRecord: ({ headers }) => {
        if (String(headers['source-topic']) !== topic) return;
        rejected.set(`${headers['source-partition']}/${headers['source-offset']}`, String(headers.fault));
      },
    });
  }

  async function readLake(): Promise<void> {
    const scratch = await mkdtemp(join(tmpdir(), 'tributary-producers-'));
    const duckdb = await openDuckdb();
    try {
      for (const [at, key] of (await lake.keys(bucketName)).entries()) {
        const path = join(scratch, `${at}.parquet`);
        await writeFile(path, await lake.bytes(bucketName, key));
        for (const row of await duckdb.read(path)) inLake.set(uuidOf(row), (inLake.get(uuidOf(row)) ?? 0) + 1);
      }
    } finally {
      duckdb.close();
      await rm(scratch, { recursive: true, force: true });
    }
  }

  for (const { name, produce } of clients) {
    if (typeof produce === 'string') {
      it.skip(`by ${name}: it can’t be installed here (${produce})`, () => {});
      continue;
    }
    const own = (codec: string) => sent.filter(({ client, record }) => client === name && record.codec === codec);

    describe(`by ${name}`, () => {
      it.each(codecs)('arrive_exactly_once_with_%s_and_without_and_with_headers_and_transactions', (codec) => {
        const wanted = own(codec).filter(mustArrive);
        expect(wanted).toHaveLength(2 * eventsOfEach);
        const counts = wanted.map(({ uuid }) => inLake.get(uuid!) ?? 0);
        expect(counts).toEqual(wanted.map(() => 1));
        expect(wanted.filter((one) => rejected.has(positionOf(one)))).toEqual([]);
      });

      it.each(codecs)('lie_in_the_log_as_%s', async (codec) => {
        const placed = own(codec).filter(({ landed, uuid }) => landed !== undefined && uuid !== undefined);
        expect(placed.length).toBeGreaterThanOrEqual(eventsOfEach);
        const logs = await Promise.all(
          Array.from({ length: partitions }, (_, partition) => codecsInLog(stackDirectory(), topic, partition)),
        );
        const found = placed.map(({ landed }) => logs[landed!.partition]!(landed!.offset));
        expect(new Set(found)).toEqual(new Set([codec]));
      });

      it.each(codecs)('never_arrive_with_%s_when_their_transaction_was_aborted', (codec) => {
        const aborted = own(codec).filter(({ record }) => record.fate === 'abort');
        expect(aborted).toHaveLength(eventsOfEach);
        expect(aborted.filter((one) => inLake.has(one.uuid!) || rejected.has(positionOf(one)))).toEqual([]);
      });

      it.each(codecs)('are_rejected_with_%s_when_they_are_tombstones', (codec) => {
        const tombstones = own(codec).filter(({ uuid }) => uuid === undefined);
        expect(tombstones.map((one) => rejected.get(positionOf(one)))).toEqual(['empty-value', 'empty-value']);
      });
    });
  }

  it('are_all_that_is_in_the_lake', () => {
    const wanted = sent.filter(mustArrive).map(({ uuid }) => uuid!);
    expect([...inLake.keys()].toSorted()).toEqual(wanted.toSorted());
    expect(rejected.size).toBe(sent.filter(({ uuid }) => uuid === undefined).length);
  });
});
