import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { Collector } from '@tributary/stream/contract-collector.ts';
import { createKafkajsStream } from '@tributary/stream/kafkajs.ts';
import { createKafkajsHarness, sendTransaction, textOf } from '@tributary/stream/kafkajs-harness.ts';
import { describeStream } from '@tributary/stream/stream.contract.ts';
import type { Stream, StreamAdmin } from '@tributary/stream/stream.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const unique = `${process.pid}-${Date.now()}`;
const connection = () => ({ brokers: [readEndpoints().kafka], clientId: 'contract', log: quiet });

describeStream('the stream on kafkajs', () => createKafkajsHarness(connection(), unique), 60_000);

describe('kafkajs against a real broker', () => {
  let stream: Stream;
  let admin: StreamAdmin;
  let made = 0;
  beforeAll(() => {
    stream = createKafkajsStream(connection());
    admin = stream.admin();
  });
  afterAll(() => admin.close());

  const newTopic = async () => {
    const name = `kafkajs-${unique}-${made++}`;
    await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, config: {} }]);
    return name;
  };
  const readAll = async (topic: string) => {
    const texts: (string | undefined)[] = [];
    const next = await stream.read({
      topic,
      partition: 0,
      from: 0,
      onRecord: (record) => void texts.push(textOf(record)),
    });
    return { texts, next };
  };

  /*
   * The story: an answer is lost, the send fails for good, and the next send has as many records. Under the old
   * producer id it would carry the same sequence, and the broker would answer "written already" without writing it.
   */
  it('writes_a_batch_as_large_as_the_one_whose_answer_was_lost', async () => {
    const topic = await newTopic();
    const sockets = new Set<Socket>();
    const lossy = createKafkajsStream({
      ...connection(),
      sendTimeoutMs: 1_500,
      onSocket: (socket) => void sockets.add(socket),
    });
    const publisher = lossy.publisher();
    const send = (value: string) => publisher.publish([{ topic, partition: 0, key: null, value }]);
    expect(await send('first')).toEqual([0]);
    for (const socket of sockets) socket.pause(); // requests go out, answers are never read
    await expect(send('answer lost')).rejects.toMatchObject({ code: 'handoff-send-failed' });
    expect(await send('third')).toEqual([2]);
    await publisher.close();
    expect((await readAll(topic)).texts).toEqual(['first', 'answer lost', 'third']);
  });

  it('fails_the_calls_that_wait_behind_a_failed_one', async () => {
    const topic = await newTopic();
    const sockets = new Set<Socket>();
    const onSocket = (socket: Socket) => void sockets.add(socket);
    const publisher = createKafkajsStream({ ...connection(), sendTimeoutMs: 1_000, onSocket }).publisher();
    const send = (value: string) => publisher.publish([{ topic, partition: 0, key: null, value }]);
    await send('0');
    for (const socket of sockets) socket.pause();
    const first = send('1');
    await new Promise((resolve) => setImmediate(resolve));
    const outcomes = await Promise.allSettled([first, send('2'), send('3')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await publisher.close();
    expect((await readAll(topic)).texts).toEqual(['0', '1']);
  });

  it('reads_past_transaction_markers_and_leaves_aborted_records_out', async () => {
    const topic = await newTopic();
    const position = { topic, partition: 0 };
    await sendTransaction(connection(), position, ['a', 'b'], 'commit');
    await sendTransaction(connection(), position, ['aborted'], 'abort');
    await sendTransaction(connection(), position, ['c'], 'commit');
    // A commit is answered before its marker is in the log: three of the seven offsets are markers.
    while ((await admin.ends(topic))[0]!.high < 7);
    expect(await readAll(topic)).toEqual({ texts: ['a', 'b', 'c'], next: 7 });
    await sendTransaction(connection(), position, ['still open'], 'leave open');
    expect(await readAll(topic)).toEqual({ texts: ['a', 'b', 'c'], next: 7 });
  });

  // A watchdog compares where a member stands with the log's end: what nobody may read must not look like a backlog.
  it('stands_at_the_end_when_only_an_aborted_transaction_came', async () => {
    const topic = await newTopic();
    const position = { topic, partition: 0 };
    const collector = new Collector(stream.member({ groupId: `group-${topic}`, topics: [topic] }));
    await collector.start();
    await sendTransaction(connection(), position, ['a'], 'commit');
    await collector.take(1);
    await sendTransaction(connection(), position, ['aborted'], 'abort');
    const deadline = Date.now() + 20_000;
    while (collector.member.progress()[0]?.position !== 4 && Date.now() < deadline)
      await new Promise((resolve) => setImmediate(resolve));
    expect(collector.member.progress()).toEqual([{ topic, partition: 0, position: 4, isHeld: false }]);
    await sendTransaction(connection(), position, ['b'], 'commit');
    expect((await collector.take(2)).map(textOf)).toEqual(['a', 'b']);
    await collector.stop();
  });

  it('goes_on_without_loss_after_its_connections_were_reset', async () => {
    const topic = await newTopic();
    const sockets = new Set<Socket>();
    const resettable = createKafkajsStream({ ...connection(), onSocket: (socket) => void sockets.add(socket) });
    const collector = new Collector(resettable.member({ groupId: `group-${topic}`, topics: [topic] }));
    const publisher = stream.publisher();
    const send = (value: string) => publisher.publish([{ topic, partition: 0, key: null, value }]);
    await collector.start();
    await send('before');
    await collector.take(1);
    await collector.member.commit({ topic, partition: 0, offset: 1, metadata: '' });
    for (const socket of sockets) socket.destroy(new Error('reset by the test'));
    await send('after');
    expect((await collector.take(2)).map(textOf)).toEqual(['before', 'after']);
    await collector.member.commit({ topic, partition: 0, offset: 2, metadata: '' });
    expect(collector.events.filter((event) => event.startsWith('crashed'))).toEqual([]);
    await collector.stop();
    await publisher.close();
  });

  it('starts_to_read_within_a_second', async () => {
    const topic = await newTopic();
    const startedAt = performance.now();
    await readAll(topic);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
