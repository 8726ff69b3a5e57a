import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { neighboursOf } from '@tributary/consumer/main.ts';
import { startConsumer } from '@tributary/consumer/service.ts';
import { readConsumerSettings } from '@tributary/consumer/settings.ts';
import { Marks } from '@tributary/flusher/marks.ts';
import { encodeHandoffState } from '@tributary/flusher/offset-metadata.ts';
import { createEncoder } from '@tributary/flusher/piscina.ts';
import { startFlusher } from '@tributary/flusher/service.ts';
import { readFlusherSettings } from '@tributary/flusher/settings.ts';
import { createAwsLake, createAwsParking } from '@tributary/lake';
import { customerClients, makeLake } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { jsonOf } from '@tributary/local/feed/feed-record.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { type ReadStatus, StatusReader } from '@tributary/registration/status/status-reader.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { agentTopic, clusterLayouts, handoffTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationId, type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { createMetrics, type RunningService, silentLog } from '@tributary/service';
import { createKafkajsStream, type StreamAdmin } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { until } from '../fault/until.ts';
import { uuidOf } from '../tools/lake-rules.ts';
import { openDuckdb } from '../tools/readers/duckdb.ts';

const layout = clusterLayouts.local;
const classes = ['file-activity', 'dns-activity'] as const satisfies EventClass[];
const slack = { clockSkewMs: 20, appendHiddenMs: 200 };
const hourMs = 3_600_000;
const utcDay = (time: number) => Math.floor(time / (24 * hourMs));

/** An event that the broker has, and when it got it. */
interface Arrived {
  readonly registration: RegistrationId;
  readonly uuid: string;
  readonly at: number;
}

/**
 * Real Kafka, S3 and STS; a consumer, a flusher and a status reader in this process; two customers whose rows of
 * `file-activity` lie in different hand-off partitions.
 */
class Rig {
  readonly endpoints = readEndpoints();
  readonly stream = createKafkajsStream({ brokers: [this.endpoints.kafka], clientId: 'status', log: silentLog });
  readonly admin: StreamAdmin = this.stream.admin();
  readonly group = `status-test-${randomBytes(4).toString('hex')}`;
  readonly clients = customerClients(this.endpoints);
  readonly lake = new LakeContents(this.clients.s3);
  readonly records = new Map<RegistrationId, RegistrationRecord>();
  readonly arrived: Arrived[] = [];
  /** The clock of the flusher, which writes receipts, and of the reader, which says what of them is of today. */
  readonly now = Date.now;
  /** The source partition, as `<topic>-<partition>`, of which the consumer gets nothing done. */
  stopped: string | undefined;
  reader!: StatusReader;
  readonly #publisher = this.stream.publisher();
  readonly #delivered = new Set<string>();
  readonly #seen = new Set<string>();
  #services: RunningService[] = [];
  #duckdb!: Awaited<ReturnType<typeof openDuckdb>>;
  #files = '';
  #fed = 0;

  async start(): Promise<void> {
    await ensureTopics(this.admin, layout);
    this.#duckdb = await openDuckdb();
    this.#files = await mkdtemp(join(tmpdir(), 'tributary-status-'));
    for (const eventClass of classes) await this.#beginBehindOthers(eventClass);
    this.#services = [await this.#consumer(), await this.#flusher()];
    this.reader = new StatusReader({
      ...{ stream: this.stream, admin: this.stream.admin(), layout, slack, log: silentLog, now: this.now },
      consumerGroup: `${this.group}.consumer`,
      flusherGroup: `${this.group}.flusher`,
      everyMs: 100,
    });
    this.reader.start();
  }

  async stop(): Promise<void> {
    await this.reader?.stop();
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.#publisher.close();
    await this.admin.close();
    this.clients.close();
    this.#duckdb?.close();
    await rm(this.#files, { recursive: true, force: true });
  }

  /** A customer with a lake; its rows of file-activity go to hand-off partition `partition`. */
  async customer(partition: number): Promise<string> {
    let account: string;
    do account = String(100_000_000_000 + randomBytes(4).readUInt32BE());
    while (handoffPartition(registrationId(account, 'file-activity'), layout.handoffPartitions) !== partition);
    const bucketName = `aws-security-data-lake-us-east-1-status-${account}`;
    const providerAccountID = this.endpoints.awsUsers.customer.accountId;
    const at = new Date(0).toISOString();
    for (const { eventClass, prefix, roleARN } of await makeLake(this.endpoints, {
      account,
      bucketName,
      eventClasses: [],
    })) {
      const registration = registrationId(account, eventClass);
      const destination = { providerAccountID, bucketName, prefix, roleARN };
      const states = { state: 'active', generation: 1, ocsfVersion: '1.1.0', earlier: [] } as const;
      const times = { createdAt: at, changedAt: at };
      this.records.set(registration, { registration, account, eventClass, destination, ...states, ...times });
    }
    return account;
  }

  /** The customer's role for file-activity may put nothing, or may again. */
  async refuse(account: string, refuses: boolean): Promise<void> {
    const { roleARN } = this.records.get(registrationId(account, 'file-activity'))!.destination;
    const role = { RoleName: roleARN.slice(roleARN.lastIndexOf('/') + 1), PolicyName: 'refuse' };
    const deny = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] };
    if (refuses)
      await this.clients.iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument: JSON.stringify(deny) }));
    else await this.clients.iam.send(new DeleteRolePolicyCommand(role));
  }

  /** Feeds `count` events of one class for an account into one partition, those of `lateMs` ago; the broker has them. */
  async feed(account: string, eventClass: EventClass, partition: number, count: number, lateMs = 0): Promise<void> {
    const topic = agentTopic(eventClass);
    const seed = ++this.#fed;
    const run = `status-${this.group}-${seed}`;
    const all = simulate({
      accounts: [account],
      hostsPerAccount: 3,
      run,
      seed,
      startMs: Date.now() - lateMs,
      count: 100 * count,
      stepMs: 1,
    });
    const values: { uuid: string; value: Buffer }[] = [];
    for (const { eventClass: found, payload, uuid } of all) {
      if (found !== eventClass || !('activity' in payload)) continue;
      values.push({ uuid, value: jsonOf(payload.activity) });
      if (values.length === count) break;
    }
    const offsets = await this.#publisher.publish(values.map(({ value }) => ({ topic, partition, key: null, value })));
    const uuids = new Map(offsets.map((offset, at) => [offset, values[at]!.uuid]));
    await this.stream.read({
      topic,
      partition,
      from: offsets[0]!,
      onRecord: ({ offset, timestamp }) => {
        const uuid = uuids.get(offset);
        if (uuid !== undefined)
          this.arrived.push({ registration: registrationId(account, eventClass), uuid, at: timestamp });
      },
    });
  }

  async status(account: string, eventClass: EventClass): Promise<ReadStatus> {
    const registration = registrationId(account, eventClass);
    return (
      (await this.reader.of({ registration })) ?? {
        health: 'delivering',
        today: { rows: 0, bytes: 0 },
        rejected: { count: 0, last: [] },
      }
    );
  }

  /** A status with the UTC day that it calls today: asked again where midnight comes between. */
  async statusOfDay(account: string, eventClass: EventClass) {
    for (;;) {
      const day = utcDay(this.now());
      const status = await this.status(account, eventClass);
      if (day === utcDay(this.now())) return { day, status };
    }
  }

  /** Rows that a registration's receipts say were delivered, by UTC day. */
  async rowsByDay(registration: RegistrationId): Promise<Map<number, number>> {
    const rows = new Map<number, number>();
    for (const { receipt } of (await this.reader.recent(registration, { limit: 100 }))!) {
      const day = utcDay(receipt.writtenAt);
      rows.set(day, (rows.get(day) ?? 0) + receipt.rows);
    }
    return rows;
  }

  async through(account: string, eventClass: EventClass): Promise<number> {
    return (await this.status(account, eventClass)).deliveredThrough ?? 0;
  }

  /** Asks for every time first and for the lakes after: what isn't there by then was promised too early. */
  async promisedTooEarly(): Promise<string[]> {
    const promises = await Promise.all(
      [...this.records.values()].map(async (record) => ({
        ...record,
        through: await this.through(record.account, record.eventClass),
      })),
    );
    await this.#readLakes();
    return promises.flatMap(({ registration, through }) =>
      this.arrived
        .filter(
          (event) => event.registration === registration && event.at <= through && !this.#delivered.has(event.uuid),
        )
        .map(({ uuid, at }) => `${registration}: ${uuid} arrived ${through - at} ms before`),
    );
  }

  async #readLakes(): Promise<void> {
    for (const bucketName of new Set([...this.records.values()].map(({ destination }) => destination.bucketName))) {
      for (const key of await this.lake.keys(bucketName)) {
        if (this.#seen.has(key)) continue;
        const path = join(this.#files, `${this.#seen.size}.parquet`);
        await writeFile(path, await this.lake.bytes(bucketName, key));
        for (const row of await this.#duckdb.read(path)) this.#delivered.add(uuidOf(row));
        this.#seen.add(key);
      }
    }
  }

  async #beginBehindOthers(eventClass: EventClass): Promise<void> {
    const state = encodeHandoffState({
      incarnation: randomBytes(8).toString('hex'),
      openedAt: Date.now(),
      marks: Marks.none,
    });
    const commit = async (groupId: string, topic: string, metadata: string) => {
      for (const { partition, high } of await this.admin.ends(topic)) {
        const committer = this.stream.committer({
          topic,
          partition,
          groupId,
          transactionalId: `${groupId}.${topic}.${partition}`,
        });
        await committer.fence();
        await committer.commit(high, metadata);
        await committer.close();
      }
    };
    await commit(`${this.group}.consumer`, agentTopic(eventClass), encodeSourceProgress(Date.now() - hourMs));
    await commit(`${this.group}.flusher`, handoffTopic(eventClass), state);
  }

  #mirror() {
    const { records } = this;
    return {
      refresh: async () => {},
      find: (account: string, eventClass: EventClass) => records.get(registrationId(account, eventClass)),
      byId: (id: RegistrationId) => records.get(id),
      version: () => 0,
      close: async () => {},
    };
  }

  #settings(service: string) {
    return {
      KAFKA_BROKERS: this.endpoints.kafka,
      REDIS_URL: 'redis://127.0.0.1:1',
      CLUSTER_LAYOUT: 'local',
      GROUP_ID: `${this.group}.${service}`,
      METRICS_PORT: '0',
    };
  }

  async #consumer(): Promise<RunningService> {
    const settings = readConsumerSettings({
      ...this.#settings('consumer'),
      FLUSHER_GROUP_ID: `${this.group}.flusher`,
      SCHEMA_REGISTRY_URL: this.endpoints.schemaRegistry,
    });
    return startConsumer(settings, {
      ...neighboursOf(settings, silentLog),
      metrics: createMetrics(),
      mirror: () => this.#mirror(),
      onStep: ({ subject, step }) => {
        if (step === 'publish' && subject === this.stopped)
          throw new Error('the consumer of this partition stands still');
      },
      fail: throwIt,
    });
  }

  async #flusher(): Promise<RunningService> {
    const settings = readFlusherSettings({
      ...this.#settings('flusher'),
      HOME_REGION: 'us-1',
      PARKING_BUCKET: this.endpoints.parkingBucket,
      WINDOW_SECONDS: '1',
    });
    const { accessKeyId, secretAccessKey } = this.endpoints.awsUsers.service;
    const credentials = { accessKeyId, secretAccessKey };
    return startFlusher(settings, {
      stream: createKafkajsStream({ brokers: [this.endpoints.kafka], clientId: 'status-flusher', log: silentLog }),
      onStep: () => {},
      log: silentLog,
      metrics: createMetrics(),
      now: this.now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      mirror: () => this.#mirror(),
      lake: createAwsLake({ region: 'us-east-1', endpoint: this.endpoints.aws, credentials, now: Date.now }),
      parking: createAwsParking({
        bucketName: this.endpoints.parkingBucket,
        region: this.endpoints.awsRegion,
        endpoint: this.endpoints.aws,
        credentials: { accessKeyId, secretAccessKey },
      }),
      encoder: createEncoder(1),
      fail: throwIt,
    });
  }
}

function throwIt(error: Error): never {
  throw error;
}

describe('what a registration’s status says, on the real Kafka, S3 and STS', () => {
  const rig = new Rig();
  let one: string;
  let other: string;
  const early: string[] = [];
  let looks = 0;
  const ending = new AbortController();
  let watching: Promise<void>;

  beforeAll(async () => {
    [one, other] = await Promise.all([rig.customer(0), rig.customer(1)]);
    await rig.start();
    watching = (async () => {
      while (!ending.signal.aborted) {
        early.push(...(await rig.promisedTooEarly()));
        looks += 1;
        await delay(50);
      }
    })();
  }, 120_000);

  afterAll(async () => {
    ending.abort();
    await watching;
    await rig.stop();
  }, 60_000);

  const passes = (account: string, eventClass: EventClass, at: number) =>
    until(`${eventClass} through`, 40_000, async () => (await rig.through(account, eventClass)) >= at);
  const newest = () => Math.max(...rig.arrived.map(({ at }) => at));

  it('comes_up_to_the_newest_event_late_ones_and_an_idle_partition_notwithstanding', async () => {
    for (let round = 0; round < 4; round++) {
      await rig.feed(one, 'file-activity', round % 2, 20);
      await rig.feed(other, 'file-activity', round % 2, 10, 50 * hourMs);
      // Partition 1 of this topic never gets anything.
      await rig.feed(one, 'dns-activity', 0, 5, round * 24 * hourMs);
      await delay(400);
    }
    const at = newest();
    for (const account of [one, other]) await passes(account, 'file-activity', at);
    await passes(one, 'dns-activity', at);
    await passes(other, 'dns-activity', at);
    const { day, status } = await rig.statusOfDay(one, 'file-activity');
    const byDay = await rig.rowsByDay(registrationId(one, 'file-activity'));
    // A run across midnight delivers on two days.
    expect([...byDay.values()].reduce((sum, rows) => sum + rows, 0)).toBe(80);
    expect({ health: status.health, rows: status.today.rows }).toEqual({
      health: 'delivering',
      rows: byDay.get(day) ?? 0,
    });
    expect(status.lastDeliveredAt).toBeGreaterThan(at);
    expect(early).toEqual([]);
  }, 90_000);

  it('is_held_back_by_a_partition_that_nobody_consumes_and_by_no_other_class', async () => {
    rig.stopped = `${agentTopic('file-activity')}-1`;
    const stoppedAt = Date.now();
    await rig.feed(one, 'file-activity', 1, 5);
    const held = rig.arrived.at(-5)!.at;
    for (let round = 0; round < 3; round++) {
      await rig.feed(one, 'file-activity', 0, 10);
      await rig.feed(one, 'dns-activity', 0, 5);
      await delay(500);
    }
    await passes(one, 'dns-activity', newest());
    for (const account of [one, other]) expect(await rig.through(account, 'file-activity')).toBeLessThan(held);
    expect(await rig.through(one, 'file-activity')).toBeGreaterThan(stoppedAt - 20_000);
    rig.stopped = undefined;
    await passes(one, 'file-activity', newest());
    expect(early).toEqual([]);
  }, 90_000);

  it('is_held_back_by_a_bucket_that_refuses_and_goes_on_by_itself', async () => {
    await rig.refuse(other, true);
    await rig.feed(other, 'file-activity', 0, 10);
    const held = rig.arrived.at(-10)!.at;
    for (let round = 0; round < 3; round++) {
      await rig.feed(one, 'file-activity', round % 2, 10);
      await rig.feed(other, 'file-activity', round % 2, 10);
      await delay(700);
    }
    await passes(one, 'file-activity', newest());
    expect(await rig.through(other, 'file-activity')).toBeLessThan(held);
    await rig.refuse(other, false);
    await passes(other, 'file-activity', newest());
    expect(early).toEqual([]);
    expect(looks).toBeGreaterThan(20);
  }, 120_000);

  it('counts_the_events_of_the_account_that_were_rejected_and_lists_its_receipts', async () => {
    // Older than 2000: no mapping takes it.
    await rig.feed(one, 'file-activity', 0, 3, Date.now() - Date.UTC(1999, 0));
    rig.arrived.splice(-3);
    await until('rejected', 20_000, async () => (await rig.status(one, 'file-activity')).rejected.last.length === 3);
    const { day, status } = await rig.statusOfDay(one, 'file-activity');
    const { count, last } = status.rejected;
    expect(last[0]).toMatchObject({ fault: 'invalid-event-time' });
    expect(count).toBe(last.filter(({ at }) => utcDay(at) === day).length);
    expect((await rig.status(other, 'file-activity')).rejected.count).toBe(0);
    const registration = registrationId(one, 'file-activity');
    const receipts = (await rig.reader.recent(registration, { limit: 100 }))!;
    const keys = receipts.map(({ receipt }) => receipt.objectKey!);
    const { bucketName, prefix } = rig.records.get(registration)!.destination;
    const inLake = (await rig.lake.keys(bucketName)).filter((key) => key.startsWith(`${prefix}/`));
    expect(keys.sort()).toEqual(inLake.sort());
  }, 60_000);
});
