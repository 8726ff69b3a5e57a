import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { serviceNames } from '@tributary/local/services.ts';
import type { Receipt } from '@tributary/schemas/kafka/receipt.ts';
import type { BatchEvidence } from './consumer-that-dies.ts';
import type { CutEvidence } from './flusher-that-dies.ts';
import { FaultRig } from './rig.ts';

/** Events flow for some seconds after the death, so that whoever forgot the cut would cut elsewhere. */
const events = 1_500;
const eventsPerSecond = 150;

const nameOf = ({ objectKey }: Receipt) => objectKey!.slice(objectKey!.lastIndexOf('/') + 1);

/** What was delivered of the hand-off offsets [from, to). */
const ofCut = (receipts: readonly Receipt[], { topic, partition, from, to }: CutEvidence) =>
  receipts.filter(
    ({ handoffTopic, handoffPartition, offsets }) =>
      handoffTopic === topic && handoffPartition === partition && offsets[0] < to && offsets[1] >= from,
  );

describe('a service killed with SIGKILL while events flow (invariants 1 and 2)', () => {
  const rig = new FaultRig();

  beforeAll(() => rig.start(), 120_000);
  afterAll(() => rig.stop(), 60_000);
  beforeEach(() => {
    rig.notices.length = 0;
  });

  it('redoes_the_journalled_cut_after_a_kill_between_put_and_commit', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    const { evidence } = await rig.kill<CutEvidence>('flusher', { step: 'store', phase: 'after' });
    expect(await customer.names()).toEqual(expect.arrayContaining([...evidence.names]));
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(rig.notices).toEqual(['flusher ended (SIGKILL) and is started again']);
    const receipts = ofCut(await customer.receipts(), evidence);
    expect([...new Set(receipts.map(nameOf))].sort()).toEqual([...evidence.names].sort());
    for (const name of evidence.names) {
      const told = receipts.filter((receipt) => nameOf(receipt) === name).map(({ alreadyThere }) => alreadyThere);
      expect({ name, told }).toEqual({ name, told: [undefined, true] });
    }
  }, 120_000);

  it('makes_the_objects_of_the_journalled_cut_after_a_kill_between_journal_and_put', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    const { evidence } = await rig.kill<CutEvidence>('flusher', { step: 'cut', phase: 'after' });
    expect((await customer.names()).filter((name) => evidence.names.includes(name))).toEqual([]);
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(rig.notices).toEqual(['flusher ended (SIGKILL) and is started again']);
    const receipts = ofCut(await customer.receipts(), evidence);
    expect(receipts.map(nameOf).sort()).toEqual([...evidence.names].sort());
    expect(receipts.filter(({ alreadyThere }) => alreadyThere)).toEqual([]);
  }, 120_000);

  it('drops_the_rows_that_come_again_after_a_consumer_was_killed_between_publish_and_commit', async () => {
    const customer = await rig.welcome();
    const duplicates = () => rig.metric('flusher', 'tributary_flusher_rows_total', { outcome: 'duplicate' });
    const before = await duplicates();
    const fed = customer.feed(events, eventsPerSecond);
    const { evidence } = await rig.kill<BatchEvidence>('consumer', { step: 'publish', phase: 'after' });
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(rig.notices).toEqual(['consumer ended (SIGKILL) and is started again']);
    expect(evidence.rowsPublished).toBeGreaterThan(0);
    expect((await duplicates()) - before).toBeGreaterThanOrEqual(evidence.rowsPublished);
  }, 120_000);

  it('reads_again_what_a_consumer_had_not_published_when_it_was_killed', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await rig.kill<BatchEvidence>('consumer', { step: 'publish', phase: 'before' });
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect(rig.notices).toEqual(['consumer ended (SIGKILL) and is started again']);
  }, 120_000);

  it('survives_the_death_of_all_services_at_once_at_any_moment', async () => {
    const customer = await rig.welcome();
    const fed = customer.feed(events, eventsPerSecond);
    await customer.flowing(); // the partitions are at different steps of their windows now
    for (const service of serviceNames) process.kill(rig.services.pid(service)!, 'SIGKILL');
    await fed;

    expect(await customer.settled()).toEqual([]);
    expect([...rig.notices].sort()).toEqual(
      [...serviceNames].sort().map((service) => `${service} ended (SIGKILL) and is started again`),
    );
  }, 120_000);
});
