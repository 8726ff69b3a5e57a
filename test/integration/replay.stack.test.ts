import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerClients, makeLake } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { jsonOf } from '@tributary/local/feed/feed-record.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { decodeReceipt, type Receipt } from '@tributary/schemas/kafka/receipt.ts';
import {
  agentTopic,
  auditTopic,
  clusterLayouts,
  handoffTopic,
  receiptsTopic,
} from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type OutgoingRecord, type StreamAdmin } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { createRedisStore } from '@tributary/subscriptions';
import { execa } from 'execa';
import { ownRegistrations } from '../tools/own-registrations.ts';

const eventClass = 'process-activity';
const topic = agentTopic(eventClass);
const dayMs = 86_400_000;
/** Events of so many days make as many objects: time enough to kill a replay between two of them. */
const days = 60;

describe('tributary replay on the real Kafka, registry, Redis, S3 and STS', () => {
  const endpoints = readEndpoints();
  const unique = randomBytes(4).toString('hex');
  const newAccount = () => String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const [account, other] = [newAccount(), newAccount()];
  const bucketName = `replay-${unique}`;
  /** A database that no other test touches. */
  const redisUrl = `${endpoints.redis}/7`;
  const clients = customerClients(endpoints);
  const lake = new LakeContents(clients.s3);
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'replay-test', log: silentLog });
  const store = createRedisStore({ url: redisUrl });
  const ending = new AbortController();
  const uuids: string[] = [];
  let following: Promise<unknown> | undefined;
  let admin: StreamAdmin | undefined;
  let from = 0;
  let to = 0;
  /** As the dry run counts them. */
  let objectsCounted = 0;

  beforeAll(async () => {
    admin = stream.admin();
    await ensureTopics(admin, clusterLayouts.local);
    const sources = await makeLake(endpoints, { account, bucketName, eventClasses: [eventClass] });
    const { prefix, roleARN } = sources.find((source) => source.eventClass === eventClass)!;
    const destination = { providerAccountID: endpoints.awsUsers.customer.accountId, bucketName, prefix, roleARN };
    const records = [
      record(account, destination),
      record(other, { ...destination, bucketName: `${bucketName}-other` }),
    ];
    ({ following } = await ownRegistrations({ stream, store, signal: ending.signal }, records));
    await feed();
  }, 120_000);

  afterAll(async () => {
    ending.abort();
    await following;
    await store.close();
    await admin?.close();
    clients.close();
  }, 60_000);

  function record(owner: string, destination: RegistrationRecord['destination']): RegistrationRecord {
    const at = '2026-01-01T00:00:00.000Z';
    return {
      registration: registrationId(owner, eventClass),
      ...{ account: owner, eventClass, destination, state: 'active', generation: 3, ocsfVersion: '1.1.0' },
      ...{ earlier: [], createdAt: at, changedAt: at },
    };
  }

  /** Events of two accounts in both encodings, on both partitions, some before and some after the time that is asked for. */
  async function feed(): Promise<void> {
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const fleet = { accounts: [account, other], hostsPerAccount: 2, run: unique, seed: 3, stepMs: 10 };
    const made = [...simulate({ ...fleet, startMs: Date.now() - dayMs, count: 4_000 })];
    const own = made.filter((one) => one.eventClass === eventClass);
    const publisher = stream.publisher({ compression: 'zstd' });
    const send = async (list: typeof own, isWanted: boolean) => {
      const outgoing: OutgoingRecord[] = [];
      for (const [at, { payload, account: owner, key }] of list.entries()) {
        if (!('activity' in payload)) throw new Error('a simulated event is an activity');
        const activity = { ...payload.activity, eventTime: payload.activity.eventTime - (at % days) * dayMs };
        const value = at % 3 === 0 ? jsonOf(activity) : await encoder.encode(eventClass, activity);
        outgoing.push({ topic, partition: at % clusterLayouts.local.agentPartitions, key, value });
        if (isWanted && owner === account) uuids.push(activity.uuid);
      }
      await publisher.publish(outgoing);
      await delay(20); // the next events arrive in another millisecond
    };
    await send(own.slice(0, 100), false);
    from = Date.now();
    await send(own.slice(100, -100), true);
    to = Date.now();
    await send(own.slice(-100), false);
    await publisher.close();
  }

  /** The program itself, not the wrapper that starts it: it is killed below. */
  const command = (...args: string[]) => {
    const names = ['replay', ...args, '--dir', process.env.TRIBUTARY_LOCAL_DIR!];
    return execa(process.execPath, [join(repositoryRoot, 'bin/cli.ts'), ...names], { reject: false, all: true });
  };
  const times = () => ['--from', new Date(from).toISOString(), '--to', new Date(to).toISOString()];
  const replay = (...args: string[]) =>
    command('--account', account, '--class', eventClass, ...times(), '--redis', redisUrl, ...args);

  async function read(name: string, start = 0): Promise<string[]> {
    const values: string[] = [];
    await stream.read({
      topic: name,
      partition: 0,
      from: start,
      onRecord: ({ value }) => void values.push(String(value)),
    });
    return values;
  }

  const receiptsOf = async (): Promise<Receipt[]> =>
    (await read(receiptsTopic))
      .map((value) => decodeReceipt(value)!)
      .filter(({ registration }) => registration === registrationId(account, eventClass));

  it('counts_in_a_dry_run_and_refuses_what_is_more_than_the_limit', async () => {
    const counted = await replay('--dry-run');
    expect({ exitCode: counted.exitCode, all: counted.all }).toMatchObject({ exitCode: 0 });
    expect(counted.all).toContain(`${uuids.length.toLocaleString('en')} events`);
    expect(counted.all).toContain('Nothing was sent.');
    objectsCounted = Number(/: (\d+) objects in /.exec(counted.all!)?.[1]);
    expect(objectsCounted).toBeGreaterThanOrEqual(days);
    const refused = await replay('--limit', '5');
    expect({ exitCode: refused.exitCode, all: refused.all }).toMatchObject({ exitCode: 1 });
    expect(refused.all).toContain('more than 5 events');
    expect(await lake.keys(bucketName)).toEqual([]);
  }, 120_000);

  it('sends_each_event_once_though_it_is_killed_in_the_middle_and_asked_for_again', async () => {
    const handoffBefore = await admin!.ends(handoffTopic(eventClass));
    const killed = replay();
    while ((await lake.keys(bucketName)).length < 2) await delay(20);
    killed.kill('SIGKILL');
    await killed;
    const before = (await lake.keys(bucketName)).length;
    const again = await replay();
    expect({ exitCode: again.exitCode, all: again.all }).toMatchObject({
      exitCode: 0,
      all: expect.stringMatching(/Going on with plan [0-9a-f]{16}.*\n(.*\n)*.*is finished/),
    });
    const objects = await lake.fresh(bucketName);
    expect(before).toBeLessThan(objects.length);
    expect(objects.flatMap(({ rows }) => rows.map(({ uuid }) => uuid)).toSorted()).toEqual(uuids.toSorted());
    expect(objects).toHaveLength(objectsCounted);
    const receipts = await receiptsOf();
    expect(new Set(receipts.map(({ objectKey }) => objectKey))).toEqual(new Set(objects.map(({ key }) => key)));
    expect(receipts.every((receipt) => receipt.replay !== undefined && receipt.generation === 3)).toBe(true);
    expect(receipts.filter(({ alreadyThere }) => alreadyThere)).toHaveLength(before);
    expect(await admin!.ends(handoffTopic(eventClass))).toEqual(handoffBefore);
    const audited = (await read(auditTopic)).map((value) => JSON.parse(value)).filter((one) => one.account === account);
    expect(audited.map(({ action, after }) => [action, after.rows])).toEqual([
      ['replay.start', uuids.length],
      ['replay.resume', uuids.length],
    ]);
  }, 240_000);

  it('is_listed_and_not_made_a_second_time_by_mistake', async () => {
    const listed = await command('list', '--account', account);
    expect(listed.all).toMatch(new RegExp(`${account}/${eventClass} .* finished `));
    const again = await replay();
    expect({ exitCode: again.exitCode, all: again.all }).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining('say --again'),
    });
    expect(await lake.keys(bucketName)).toHaveLength(objectsCounted);
  }, 120_000);
});
