import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { encodeSourceProgress } from '@tributary/schemas/kafka/source-progress.ts';
import {
  agentTopic,
  clusterLayouts,
  handoffTopic,
  receiptsTopic,
  rejectedTopic,
} from '@tributary/schemas/kafka/topics.ts';
import { silentLog } from '@tributary/service';
import { createMemoryStream, MemoryBroker } from '@tributary/stream/memory.ts';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { eventClass, noon, receiptOf, registration } from './receipts.fixture.ts';
import { StatusReader } from './status-reader.ts';

const layout = clusterLayouts.local;
const slack = { clockSkewMs: 0, appendHiddenMs: 0 };
const handoff = handoffPartition(registration, layout.handoffPartitions);

let time: number;
let broker: MemoryBroker;
let reader: StatusReader;

beforeEach(async () => {
  time = noon;
  broker = new MemoryBroker(() => time);
  await ensureTopics(createMemoryStream(broker).admin(), layout);
  reader = newReader();
});
afterEach(() => reader.stop());

function newReader(): StatusReader {
  const stream = createMemoryStream(broker);
  const groups = { consumerGroup: 'consumer', flusherGroup: 'flusher' };
  const admin = stream.admin();
  return new StatusReader({ ...groups, stream, admin, layout, slack, log: silentLog, now: () => time, everyMs: 1 });
}

function append(topic: string, partition: number, value: string): void {
  broker.log(topic, partition).append({ topic, partition, key: null, value }, time);
  broker.changed();
}

const status = () => reader.of({ registration });

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a status reader', () => {
  it('says_nothing_until_it_has_read_every_receipt', async () => {
    expect(await status()).toBeUndefined();
    append(receiptsTopic, 0, JSON.stringify(receiptOf(0)));
    reader.start();
    await until(async () => (await status())?.today.rows === 10);
    expect(await reader.recent(registration, { limit: 5 })).toEqual([{ position: 0, receipt: receiptOf(0) }]);
  });

  it('follows_an_event_from_its_arrival_to_its_lake', async () => {
    reader.start();
    await until(async () => (await status())?.deliveredThrough === noon - 1);
    time = noon + 1_000;
    append(agentTopic(eventClass), 0, 'an event');
    // Handed over to nobody yet: it holds the time back for as long as it takes.
    time = noon + 10_000;
    const before = (await status())?.deliveredThrough ?? 0;
    expect(before).toBeLessThan(noon + 1_000);
    append(handoffTopic(eventClass), handoff, 'its row');
    broker.group('consumer').commit(agentTopic(eventClass), 0, 1, encodeSourceProgress(noon + 1_000));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await status())?.deliveredThrough ?? 0).toBeLessThan(noon + 1_000);
    broker.group('flusher').commit(handoffTopic(eventClass), handoff, 1, '');
    await until(async () => (await status())?.deliveredThrough === noon + 9_999);
  });

  it('has_no_time_for_a_partition_that_nobody_ever_committed', async () => {
    append(agentTopic(eventClass), 1, 'an event');
    reader.start();
    await until(async () => (await status()) !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await status()).not.toHaveProperty('deliveredThrough');
  });

  it('believes_no_offset_that_was_committed_of_a_hand_off_that_is_gone', async () => {
    append(handoffTopic(eventClass), handoff, 'a row');
    broker.group('flusher').commit(handoffTopic(eventClass), handoff, 7, '');
    reader.start();
    await until(async () => (await status()) !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await status()).not.toHaveProperty('deliveredThrough');
  });

  it('knows_the_times_also_while_what_was_rejected_cannot_be_read', async () => {
    broker.writeUndecodable(rejectedTopic, 0, Buffer.from('bomb'));
    reader.start();
    await until(async () => (await status())?.deliveredThrough === noon - 1);
  });
});
