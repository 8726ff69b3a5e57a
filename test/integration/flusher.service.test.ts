import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Marks } from '@tributary/flusher/marks.ts';
import { decodeHandoffState, encodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { createEncoder } from '@tributary/flusher/piscina.ts';
import { startFlusher } from '@tributary/flusher/service.ts';
import { readFlusherSettings } from '@tributary/flusher/settings.ts';
import { createAwsLake, createAwsParking } from '@tributary/lake';
import { customerClients, demoCustomers, makeLake } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import { clusterLayouts, handoffTopic, receiptsTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationId, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { createMetrics, silentLog } from '@tributary/service';
import { createKafkajsStream, type Stream, type StreamAdmin } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { handoffMessage, handoffRowsOf, partitionOf } from '../tools/hand-off.ts';

const eventClass = 'process-activity';
const topic = handoffTopic(eventClass);
const partitions = clusterLayouts.local.handoffPartitions;

describe('a flusher on the real Kafka, S3 and STS', () => {
  const endpoints = readEndpoints();
  const groupId = `flusher-test-${randomBytes(4).toString('hex')}`;
  const [customer] = demoCustomers(1, endpoints.awsRegion);
  const account = String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const ended = String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const bucketName = `${customer!.bucketName}-${randomBytes(4).toString('hex')}`;
  const clients = customerClients(endpoints);
  const lake = new LakeContents(clients.s3);
  const records = new Map<RegistrationId, RegistrationRecord>();
  let stream: Stream;
  let admin: StreamAdmin;

  beforeAll(async () => {
    stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'flusher-test', log: silentLog });
    admin = stream.admin();
    await ensureTopics(admin, clusterLayouts.local);
    await commitPresentEnds();
    const sources = await makeLake(endpoints, { account, bucketName, eventClasses: [eventClass] });
    const { prefix, roleARN } = sources.find((source) => source.eventClass === eventClass)!;
    const destination = { providerAccountID: endpoints.awsUsers.customer.accountId, bucketName, prefix, roleARN };
    for (const [owner, state] of [
      [account, 'active'],
      [ended, 'ended'],
    ] as const) {
      const registration = registrationId(owner, eventClass);
      const at = '2026-01-01T00:00:00.000Z';
      records.set(registration, {
        registration,
        account: owner,
        eventClass,
        state,
        generation: 1,
        destination,
        ocsfVersion: '1.1.0',
        earlier: [],
        createdAt: at,
        changedAt: at,
      });
    }
  }, 60_000);

  afterAll(async () => {
    clients.close();
    await admin.close();
  });

  /** Other tests left rows on the hand-off topics: this group begins behind them. */
  async function commitPresentEnds() {
    for (const name of eventClassNames.map(handoffTopic)) {
      for (const { partition, high } of await admin.ends(name)) {
        const committer = stream.committer({
          topic: name,
          partition,
          groupId,
          transactionalId: `${groupId}.${name}.${partition}`,
        });
        await committer.fence();
        await committer.commit(
          high,
          encodeHandoffState({ incarnation: randomBytes(8).toString('hex'), openedAt: Date.now(), marks: Marks.none }),
        );
        await committer.close();
      }
    }
  }

  function start() {
    const settings = readFlusherSettings({
      KAFKA_BROKERS: endpoints.kafka,
      REDIS_URL: 'redis://127.0.0.1:1',
      HOME_REGION: 'us-1',
      PARKING_BUCKET: endpoints.parkingBucket,
      CLUSTER_LAYOUT: 'local',
      GROUP_ID: groupId,
      METRICS_PORT: '0',
      WINDOW_SECONDS: '1',
    });
    const { accessKeyId, secretAccessKey } = endpoints.awsUsers.service;
    return startFlusher(settings, {
      stream,
      onStep: () => {},
      log: silentLog,
      metrics: createMetrics(),
      now: Date.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      mirror: () => ({
        refresh: async () => {},
        find: () => undefined,
        byId: (id) => records.get(id),
        version: () => 0,
        close: async () => {},
      }),
      lake: createAwsLake({
        region: 'us-east-1',
        endpoint: endpoints.aws,
        credentials: { accessKeyId, secretAccessKey },
        now: Date.now,
      }),
      parking: createAwsParking({
        bucketName: endpoints.parkingBucket,
        region: endpoints.awsRegion,
        endpoint: endpoints.aws,
        credentials: { accessKeyId, secretAccessKey },
      }),
      encoder: createEncoder(1),
      fail: (error) => {
        throw error;
      },
    });
  }

  async function receiptsFrom(from: number, rows: number): Promise<Receipt[]> {
    const found: Receipt[] = [];
    const enough = new AbortController();
    await stream.read({
      topic: receiptsTopic,
      partition: 0,
      from,
      follow: true,
      signal: enough.signal,
      onRecord: ({ value }) => {
        const receipt = JSON.parse(value!.toString()) as Receipt;
        if (records.has(receipt.registration)) found.push(receipt);
        if (found.reduce((sum, one) => sum + one.rows, 0) >= rows) enough.abort();
      },
    });
    return found;
  }

  const receiptsEnd = async () => (await admin.ends(receiptsTopic))[0]!.high;

  async function handOff(owner: string, count: number, seed: number, firstOffset: number) {
    const rows = handoffRowsOf({ account: owner, eventClass, count, seed, firstOffset });
    const partition = partitionOf(registrationId(owner, eventClass), partitions);
    const publisher = stream.publisher();
    await publisher.publish([handoffMessage(eventClass, partition, rows)]);
    await publisher.close();
    return { rows, partition };
  }

  it('delivers every row once under its customer’s role, drops what ended, and says so in receipts', async () => {
    const from = await receiptsEnd();
    const { rows, partition } = await handOff(account, 300, 1, 0);
    await handOff(ended, 20, 2, 300); // of the same source partition, so the offsets go on
    await handOff(account, 300, 1, 0); // the same again, as after a consumer's crash
    const flusher = await start();
    const receipts = await receiptsFrom(from, 320);
    await flusher.stop();

    const objects = await lake.fresh(bucketName);
    expect(objects.flatMap((object) => object.rows.map((row) => row.uuid)).sort()).toEqual(
      rows.map((row) => row.uuid).sort(),
    );
    expect(
      receipts
        .filter(({ outcome }) => outcome === 'delivered')
        .map(({ objectKey }) => objectKey)
        .sort(),
    ).toEqual(objects.map(({ key }) => key).sort());
    expect(receipts.filter(({ outcome }) => outcome === 'dropped')).toMatchObject([
      { rows: 20, fault: 'registration-ended' },
    ]);
    for (const { key } of objects) {
      expect(key).toMatch(
        new RegExp(
          `^ext/[^/]+/1.0/region=us-east-1/accountId=external_${account}/eventDay=20260102/[0-9a-f]{32}\\.parquet$`,
        ),
      );
    }
    const committed = (await admin.committed(groupId, topic)).get(partition)!;
    const sharesPartition = partitionOf(registrationId(ended, eventClass), partitions) === partition;
    expect(decodeHandoffState(committed.metadata).marks.at(0, 0)).toBe(sharesPartition ? 319 : 299);
  }, 60_000);
});
