import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeTopics } from '@tributary/local/demo/demo.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { startStack, stopStack } from '@tributary/local/stack.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { deleteTopic } from '@tributary/stream/kafkajs-harness.ts';
import type { Customer } from './customer.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const eventClass = 'file-activity';
const topic = agentTopic(eventClass);
const waitMs = 60_000;
const settleMs = 120_000;

// The story: an operator deleted an agent topic and made it anew, and forgot to raise its epoch. Every event of the new topic was
// handed off, and dropped by the flushers as seen before: nobody was told.
describe('an agent topic that an operator makes anew without raising its epoch', () => {
  let directory = '';
  let rig: FaultRig;
  let epochs = '';

  beforeAll(async () => {
    // A stack of its own: other tests go on with the topics that they know.
    directory = await mkdtemp(join(tmpdir(), 'tributary-recreated-'));
    await startStack({ dir: directory, portBase: 0 });
    rig = new FaultRig({ envOf: () => ({ SOURCE_EPOCHS: epochs }) }, directory);
    await rig.start();
  }, 300_000);
  afterAll(async () => {
    await (rig as FaultRig | undefined)?.stop();
    if (directory === '') return;
    await stopStack(directory);
    await rm(directory, { recursive: true, force: true });
  }, 120_000);

  const duplicates = () => rig.metric('flusher', 'tributary_flusher_rows_total', { outcome: 'duplicate' });

  async function ofTheTopic(customer: Customer) {
    await customer.look();
    return customer.proof.totals().find((totals) => totals.eventClass === eventClass)!;
  }

  async function recreate(): Promise<void> {
    const cluster = { brokers: [readEndpoints(directory).kafka], clientId: 'operator', log: silentLog };
    await deleteTopic(cluster, topic);
    await makeTopics(createKafkajsStream(cluster));
  }

  /** Feeds into the new topic; resolves when a consumer has refused it, and all else is delivered. */
  async function refused(customer: Customer): Promise<void> {
    const { delivered } = await ofTheTopic(customer);
    await customer.feed(300, 200);
    await until('a consumer says that the topic was made anew', waitMs, async () => {
      return (await rig.metric('consumer', 'tributary_consumer_paused', { fault: 'topic-recreated' })) === 1;
    });
    const ready = await fetch(`${readEndpoints(directory).metrics!.consumer}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('topic-recreated')]);
    await until('all of the other topics is delivered', settleMs, async () => {
      return (await customer.look()).waiting === (await ofTheTopic(customer)).waiting;
    });
    expect(await ofTheTopic(customer)).toMatchObject({ delivered });
  }

  async function raised(epoch: number): Promise<void> {
    epochs = `${topic}=${epoch}`;
    await rig.services.stopOne('consumer');
    await rig.services.startOne('consumer');
  }

  it('is_not_read_until_the_epoch_is_raised_and_then_each_of_its_events_arrives_once', async () => {
    const customer = await rig.welcome();
    await customer.feed(600, 200);
    expect(await customer.settled(settleMs)).toEqual([]);
    const { delivered } = await ofTheTopic(customer);
    const dropped = await duplicates();
    await rig.services.stopOne('consumer');
    await recreate();
    await rig.services.startOne('consumer', false);
    await refused(customer);
    await raised(1);
    expect(await customer.settled(settleMs)).toEqual([]);
    expect((await ofTheTopic(customer)).delivered).toBeGreaterThan(delivered);
    expect(await duplicates()).toBe(dropped);
  }, 500_000);

  it('is_not_read_either_by_a_consumer_that_runs_meanwhile', async () => {
    const customer = await rig.welcome();
    await customer.feed(600, 200);
    expect(await customer.settled(settleMs)).toEqual([]);
    const dropped = await duplicates();
    await recreate();
    await refused(customer);
    await raised(2);
    expect(await customer.settled(settleMs)).toEqual([]);
    expect(await duplicates()).toBe(dropped);
  }, 500_000);
});
