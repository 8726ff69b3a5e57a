import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { clusterLayouts } from '@tributary/schemas/kafka/topics.ts';
import type { Customer } from './customer.ts';
import { FaultRig } from './rig.ts';
import { until } from './until.ts';

const eventsPerSecond = 150;
const partitions = eventClassNames.length * clusterLayouts.local.handoffPartitions;
const waitMs = 90_000;

describe('a customer who changes its registrations while events flow', () => {
  const rig = new FaultRig();

  beforeAll(() => rig.start(), 120_000);
  afterAll(() => rig.stop(), 60_000);

  const events = (outcome: string) => rig.metric('consumer', 'tributary_consumer_events_total', { outcome });

  /** Every partition has opened and committed a window since this was called. */
  async function aWholeWindow(): Promise<void> {
    const windows = () => rig.metric('flusher', 'tributary_flusher_window_seconds_count');
    // None is more than a window ahead of another, so three rounds hold one whole window of each.
    const enough = (await windows()) + 3 * partitions;
    await until('a whole window of every partition', waitMs, async () => (await windows()) >= enough);
  }

  /** One request of the customer that was welcomed last. */
  async function ask(path: string, method: string, body?: object) {
    const { registration, apiKey } = readEndpoints(rig.dir);
    const headers = { authorization: `ApiKey ${apiKey}`, 'api-version': 'v1', 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return fetch(`${registration}/api/registrations/${path}`, init);
  }

  async function eachClass(method: string, path = (eventClass: string) => eventClass): Promise<number[]> {
    const answers = await Promise.all(eventClassNames.map((eventClass) => ask(path(eventClass), method)));
    return [...new Set(answers.map(({ status }) => status))];
  }

  const missing = (customer: Customer) => customer.proof.waiting(10_000).map(({ uuid }) => uuid);

  it('gets_nothing_after_DELETE_and_a_window_and_a_new_generation_after_POST', async () => {
    const customer = await rig.welcome();
    const { registrations } = (await (await ask('', 'GET')).json()) as { registrations: Record<string, string>[] };
    const fed = customer.feed(1_500, eventsPerSecond);
    await customer.flowing();
    const leftOut = await events('unsubscribed');
    expect(await eachClass('DELETE')).toEqual([204]);
    await aWholeWindow();
    const names = await customer.names();
    await fed;
    await until('events after the end', waitMs, async () => (await events('unsubscribed')) > leftOut);
    await aWholeWindow();

    expect(await customer.names()).toEqual(names);
    await customer.look();
    const never = missing(customer);
    expect(never.length).toBeGreaterThan(0);

    for (const { eventClass, providerAccountID, bucketName, prefix, roleARN } of registrations)
      expect((await ask('', 'POST', { eventClass, providerAccountID, bucketName, prefix, roleARN })).status).toBe(201);
    await customer.feed(300, eventsPerSecond);
    await until('all after the new start', waitMs, async () => (await customer.look()).waiting === never.length);
    await aWholeWindow();

    await customer.look();
    expect(missing(customer)).toEqual(never);
    expect(customer.proof.wrong()).toEqual([]);
    const delivered = (await customer.receipts()).filter(({ outcome }) => outcome === 'delivered');
    expect([...new Set(delivered.map(({ generation }) => generation))].sort()).toEqual([1, 2]);
  }, 300_000);

  it('gets_what_was_collected_before_a_pause_and_nothing_of_the_pause', async () => {
    const customer = await rig.welcome();
    const routed = await events('routed');
    await customer.feed(300, eventsPerSecond);
    await until('the first 300 handed off', waitMs, async () => (await events('routed')) >= routed + 300);
    expect(await eachClass('POST', (eventClass) => `${eventClass}/pause`)).toEqual([200]);
    const leftOut = await events('unsubscribed');
    await customer.feed(300, eventsPerSecond);
    await until('the pause left out', waitMs, async () => (await events('unsubscribed')) >= leftOut + 300);
    expect(await eachClass('POST', (eventClass) => `${eventClass}/resume`)).toEqual([200]);
    await customer.feed(300, eventsPerSecond);

    await until('the first and the last 300', waitMs, async () => (await customer.look()).delivered >= 600);
    await aWholeWindow();
    expect(await customer.look()).toMatchObject({ fed: 900, delivered: 600, waiting: 300 });
    expect(customer.proof.wrong()).toEqual([]);
  }, 300_000);
});
