import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Workspace } from '@tributary/consumer/workspace.ts';
import { customerClients, makeLake } from '@tributary/local/demo/customer.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { readEndpoints, repositoryRoot } from '@tributary/local/endpoints.ts';
import { registerActivitySchemas } from '@tributary/local/feed/registry.ts';
import { agentTopic, clusterLayouts, rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { type RegistrationRecord, registrationId } from '@tributary/schemas/registration.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream, type StreamAdmin } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { execa } from 'execa';
import { type OwnDelivery, startOwnDelivery } from '../tools/own-delivery.ts';

const eventClass = 'account-change-audit';
const topic = agentTopic(eventClass);
const count = 40;

/** A release of ours that stumbles over every event. */
class Stumbling extends Workspace {
  override add(): never {
    throw new TypeError('a bug of this release');
  }
  override addActivity(): never {
    throw new TypeError('a bug of this release');
  }
}

/*
 * The story: a release of ours fails on events, so they end in `rejected`. The next one is mended, and a person sends them
 * on their way again.
 */
describe('tributary rejected on the real Kafka', () => {
  const endpoints = readEndpoints();
  const unique = randomBytes(4).toString('hex');
  const account = String(100_000_000_000 + randomBytes(4).readUInt32BE());
  const bucketName = `rejected-${unique}`;
  const clients = customerClients(endpoints);
  const lake = new LakeContents(clients.s3);
  const stream = createKafkajsStream({ brokers: [endpoints.kafka], clientId: 'rejected-test', log: silentLog });
  const uuids = Array.from({ length: count }, () => randomUUID());
  let admin: StreamAdmin | undefined;
  let delivery: OwnDelivery | undefined;

  beforeAll(async () => {
    admin = stream.admin();
    await ensureTopics(admin, clusterLayouts.local);
    const sources = await makeLake(endpoints, { account, bucketName, eventClasses: [eventClass] });
    const { prefix, roleARN } = sources.find((source) => source.eventClass === eventClass)!;
    const at = '2026-01-01T00:00:00.000Z';
    const record: RegistrationRecord = {
      registration: registrationId(account, eventClass),
      destination: { providerAccountID: endpoints.awsUsers.customer.accountId, bucketName, prefix, roleARN },
      ...{ account, eventClass, state: 'active', generation: 1, ocsfVersion: '1.1.0', earlier: [] },
      ...{ createdAt: at, changedAt: at },
    };
    delivery = await startOwnDelivery(endpoints, [record], (name) => new Stumbling(name, 1));
    const from = (await admin.ends(rejectedTopic))[0]!.high;
    await produce();
    while ((await admin.ends(rejectedTopic))[0]!.high < from + count) await delay(100);
  }, 120_000);

  afterAll(async () => {
    await delivery?.stop();
    await admin?.close();
    clients.close();
  }, 60_000);

  async function produce(): Promise<void> {
    const encoder = await registerActivitySchemas(endpoints.schemaRegistry);
    const publisher = stream.publisher();
    for (const [at, uuid] of uuids.entries()) {
      const activity = {
        ...{ uuid, accountId: account, eventId: 6, eventSubId: 501, eventTime: Date.now() - 60_000 },
        endpointGuid: '11111111-1111-1111-1111-111111111111',
        objectUser: 'ada',
      };
      const value = at % 2 === 0 ? await encoder.encode(eventClass, activity) : JSON.stringify(activity);
      await publisher.publish([
        { topic, partition: at % clusterLayouts.local.agentPartitions, key: `host-${at}`, value },
      ]);
    }
    await publisher.close();
  }

  const rejected = (...args: string[]) => {
    const command = ['rejected', ...args, '--dir', process.env.TRIBUTARY_LOCAL_DIR!];
    return execa(process.execPath, [join(repositoryRoot, 'bin/cli.ts'), ...command], { reject: false, all: true });
  };

  it('lists_and_shows_what_was_rejected', async () => {
    const listed = await rejected('list', '--account', account);
    expect({ exitCode: listed.exitCode, all: listed.all }).toMatchObject({ exitCode: 0 });
    expect(listed.all).toMatch(new RegExp(`mapping-failed +${count} +0 +Our own code failed`));
    const [event] = /account-change-audit\/\d+\/\d+/.exec(listed.all!) ?? [];
    const shown = await rejected('show', event!);
    expect(shown.all).toContain('original-key: host-');
    expect(shown.all).toContain('a bug of this release');
    expect((await rejected('show', 'dns-activity/0/999999999')).all).toContain('No rejected event came from');
  }, 60_000);

  it('sends_each_once_into_the_lake_after_the_fix_though_it_is_asked_for_twice', async () => {
    await delivery!.upgradeConsumer();
    const nothing = await rejected('requeue');
    expect({ exitCode: nothing.exitCode, all: nothing.all }).toMatchObject({
      exitCode: 1,
      all: expect.stringContaining('Say which events'),
    });
    const counted = await rejected('requeue', '--account', account, '--dry-run');
    expect(counted.all).toContain(`${count} events would be produced`);
    const both = await Promise.all([1, 2].map(() => rejected('requeue', '--account', account)));
    expect(both.some(({ exitCode }) => exitCode === 0)).toBe(true);
    const again = await rejected('requeue', '--account', account);
    expect(again.all).toContain(`0 events were produced`);
    expect(again.all).toContain(`${count} were requeued before and are left alone`);

    const found: string[] = [];
    for (const until = Date.now() + 60_000; found.length < count && Date.now() < until; await delay(300))
      for (const { rows } of await lake.fresh(bucketName)) found.push(...rows.map(({ uuid }) => uuid));
    await delay(2_500); // a row too many would come with the next window
    for (const { rows } of await lake.fresh(bucketName)) found.push(...rows.map(({ uuid }) => uuid));
    expect(found.toSorted()).toEqual(uuids.toSorted());
    const audited = await execa(process.execPath, [
      ...[join(repositoryRoot, 'bin/cli.ts'), 'audit', '--account', account],
      ...['--dir', process.env.TRIBUTARY_LOCAL_DIR!],
    ]);
    expect(audited.stdout).toMatch(
      new RegExp(`operator .* rejected.requeue  ${account}/${eventClass} .*count: – → ${count}`),
    );
  }, 180_000);
});
