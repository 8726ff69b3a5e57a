import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import { rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import { rejectedBatchRecord } from './rejected-record.ts';
import { fileActivity, Rig, registrationOf } from './rig.fixture.ts';

const acme = '111111111111';
const topic = 'agent.file-activity';
const bytes = Buffer.from('nobody can decode this');

let rig: Rig;
afterEach(() => rig.stop());

async function rigWithBrokenBatch(): Promise<void> {
  rig = new Rig();
  await rig.register(registrationOf(acme));
  await rig.feed(0, fileActivity(acme));
  rig.broker.writeUndecodable(topic, 0, bytes);
  await rig.feed(0, fileActivity(acme));
}

/*
 * The story: one zstd batch that grew beyond all bounds stopped every consumer that fetched it, one after the other, and
 * with them the activity of all customers.
 */
describe('a batch that cannot be decoded', () => {
  it('is_kept_whole_with_its_position_and_the_events_around_it_are_handed_off', async () => {
    await rigWithBrokenBatch();
    await rig.start();
    await rig.drained();
    expect(rig.rows().map(({ sourceOffset }) => sourceOffset)).toEqual([0, 2]);
    const [kept, ...more] = rig.rejected();
    expect(more).toEqual([]);
    expect([String(kept!.key), kept!.value]).toEqual([`${topic}-0`, bytes]);
    const headers = Object.entries(kept!.headers).map(([name, value]) => [name, String(value)]);
    expect(Object.fromEntries(headers)).toEqual({
      'source-topic': topic,
      'source-partition': '0',
      'source-offset': '1',
      fault: 'undecodable-batch',
      reason: 'offsets 1 to 1: scripted',
    });
    expect(await rig.metrics.page()).toContain('fault="undecodable-batch"} 1');
    expect(decodeSourceProgress(rig.committed(0).metadata)!.appendedThrough).toBeGreaterThan(0);
    expect([rig.crashes, rig.intake.causes()]).toEqual([[], []]);
  });

  it('is_not_stepped_over_before_its_copy_is_durable', async () => {
    await rigWithBrokenBatch();
    for (const when of ['before', 'after'] as const) rig.broker.failPublish({ when, topic: rejectedTopic });
    const tries: (number | undefined)[] = [];
    const onUndecodable = rig.intake.onUndecodable.bind(rig.intake);
    rig.intake.onUndecodable = async (batch) => {
      tries.push(rig.committed(0).offset);
      await onUndecodable(batch);
    };
    await rig.start();
    await rig.drained();
    expect(tries).toEqual([1, 1, 1]);
    expect(new Set(rig.rejected().map(({ headers }) => String(headers['source-offset'])))).toEqual(new Set(['1']));
    expect(rig.rows().map(({ sourceOffset }) => sourceOffset)).toEqual([0, 2]);
    expect(rig.intake.causes()).toEqual([]);
  });

  it('is_named_by_its_position_and_size_where_its_bytes_are_too_large', async () => {
    await rigWithBrokenBatch();
    const position = { topic, partition: 3, firstOffset: 5, lastOffset: 9, timestamp: 0 };
    const record = rejectedBatchRecord({ ...position, size: 2_000_000, bytes: undefined, reason: 'too large' }, 0);
    expect(record.value).toBe(null);
    expect(record.headers).toMatchObject({ 'bytes-at-source': '2000000', reason: 'offsets 5 to 9: too large' });
  });
});
