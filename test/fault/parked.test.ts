import { join } from 'node:path';
import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { customerClients } from '@tributary/local/demo/customer.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import { execa } from 'execa';
import type { Customer } from './customer.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const repositoryRoot = join(import.meta.dirname, '../..');
const events = 120;
const eventsPerSecond = 60;
/** Pauses between tries grow to a window: what comes earlier comes because an operator said so. */
const windowSeconds = 30;
/** What a command takes to start, generously. */
const commandMs = 8_000;
const droppedClass: EventClass = 'dns-activity';

interface ListedObject {
  readonly key: string;
  readonly facts: { readonly registration: string; readonly rows: number };
  readonly note?: { readonly nextTry: number };
}

describe('an operator with parked objects', () => {
  const rig = new FaultRig({ env: { WINDOW_SECONDS: String(windowSeconds) } });
  let clients: ReturnType<typeof customerClients>;

  beforeAll(async () => {
    clients = customerClients(readEndpoints(rig.dir));
    await rig.start();
  }, 120_000);
  afterAll(async () => {
    clients?.close();
    await rig.stop();
  }, 60_000);

  /** The bucket's own policy lets nobody put, or says nothing any more. */
  async function refuse(Bucket: string, refuses: boolean): Promise<void> {
    const statement = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    if (refuses) await clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    else await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  }

  const tributary = (...args: string[]) =>
    execa(process.execPath, [join(repositoryRoot, 'bin/tributary.js'), ...args, '--dir', rig.dir], { reject: false });

  async function listed(account: string): Promise<ListedObject[]> {
    const { stdout } = await tributary('parked', 'list', '--account', account, '--limit', '1000', '--json');
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ListedObject);
  }

  const rowsOf = (objects: readonly { readonly facts: { readonly rows: number } }[]) =>
    objects.reduce((sum, { facts }) => sum + facts.rows, 0);
  const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1).replace(/^\d{16}-/, '');

  /** The names in the customer's receipts of this outcome, each as often as it is there. */
  async function named(customer: Customer, outcome: string): Promise<string[]> {
    const receipts = await customer.receipts();
    return receipts.filter((one) => one.outcome === outcome).map(({ objectKey }) => nameOf(objectKey!));
  }

  it('has those of one class dropped for ever, and the others delivered exactly once when they are retried', async () => {
    const customer = await rig.welcome();
    await refuse(customer.bucketName, true);
    await customer.feed(events, eventsPerSecond);
    const parked = await until('all events are parked', 90_000, async () => {
      const objects = await listed(customer.account);
      return rowsOf(objects) === events && objects;
    });
    const isDropped = ({ facts }: ListedObject) => facts.registration === `${customer.account}/${droppedClass}`;
    const [dropped, kept] = [parked.filter(isDropped), parked.filter((object) => !isDropped(object))];
    expect([dropped.length, kept.length]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(Math.min(dropped.length, kept.length)).toBeGreaterThan(0);

    const selection = ['--account', customer.account, '--class', droppedClass];
    const unconfirmed = await tributary('parked', 'drop', ...selection);
    expect([unconfirmed.exitCode, unconfirmed.stderr]).toEqual([
      1,
      expect.stringContaining('say it again with --confirm'),
    ]);
    const confirmed = await tributary('parked', 'drop', ...selection, '--confirm');
    expect([confirmed.exitCode, confirmed.stdout]).toEqual([
      0,
      expect.stringContaining(`${dropped.length} objects: drop`),
    ]);
    await until('what was dropped is gone from the list, and nothing else', 60_000, async () => {
      const left = (await listed(customer.account)).map(({ key }) => key);
      return left.join() === kept.map(({ key }) => key).join();
    });
    const receipts = (await customer.receipts()).filter(({ outcome }) => outcome === 'dropped');
    expect(receipts.map(({ fault, objectKey }) => `${fault} ${nameOf(objectKey!)}`).sort()).toEqual(
      dropped.map(({ key }) => `parked-dropped ${nameOf(key)}`).sort(),
    );
    expect(receipts.reduce((sum, { rows }) => sum + rows, 0)).toBe(rowsOf(dropped));
    expect(await rig.metric('flusher', 'tributary_flusher_parked_ends_total', { outcome: 'dropped' })).toBe(
      dropped.length,
    );
    const audit = await tributary('audit', '--account', customer.account);
    expect(audit.stdout).toContain('parked.drop');

    await until('all lanes wait for a while before their next try', 120_000, async () => {
      const oldest = [...Map.groupBy(await listed(customer.account), ({ facts }) => facts.registration).values()];
      return oldest.every(([first]) => (first!.note?.nextTry ?? 0) > Date.now() + commandMs);
    });
    await refuse(customer.bucketName, false);
    const retried = await tributary('parked', 'retry', '--account', customer.account);
    expect({ code: retried.exitCode, said: retried.stdout + retried.stderr }).toMatchObject({ code: 0 });
    await until('nothing is parked any more', 60_000, async () => (await listed(customer.account)).length === 0);
    expect((await named(customer, 'delivered')).sort()).toEqual(kept.map(({ key }) => nameOf(key)).sort());

    // New events come by their own way, and nothing that was dropped comes with them.
    await customer.feed(events, eventsPerSecond);
    const { fed } = await customer.look();
    await until('the new ones are delivered', 60_000, async () => {
      const { delivered } = await customer.look();
      return delivered === fed - rowsOf(dropped);
    });
    const names = await customer.names();
    expect(dropped.filter(({ key }) => names.includes(nameOf(key)))).toEqual([]);
    expect(kept.filter(({ key }) => !names.includes(nameOf(key)))).toEqual([]);
    expect(customer.proof.wrong()).toEqual([]);
    expect(await customer.look()).toEqual({
      fed,
      delivered: fed - rowsOf(dropped),
      rejected: 0,
      waiting: rowsOf(dropped),
    });
    expect(rig.notices).toEqual([]);
  }, 400_000);
});
