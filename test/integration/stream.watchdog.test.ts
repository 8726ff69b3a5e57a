import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { createKafkajsStream } from '@tributary/stream';
import { Collector } from '@tributary/stream/contract-collector.ts';
import { textOf } from '@tributary/stream/kafkajs-harness.ts';
import type { Publisher, Stream, StreamAdmin } from '@tributary/stream/stream.ts';
import { WatchedMember } from '@tributary/stream/watched-member.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const fetchApiKey = 1;
/** Behind the four bytes of the request's size. */
const apiKeyAt = 4;
/** Far shorter than the 30 s after which kafkajs itself gives a request up. */
const stuckMsMax = 3_000;

/** Connections of which the fetches can be swallowed: requests go out, and no answer to them is ever read. */
function swallower() {
  let isSwallowing = false;
  let onSwallowed = () => {};
  const paused: Socket[] = [];
  const onSocket = (socket: Socket) => {
    const write = socket.write.bind(socket) as (bytes: Buffer, ...rest: unknown[]) => boolean;
    socket.write = ((bytes: Buffer, ...rest: unknown[]) => {
      if (isSwallowing && bytes.length > apiKeyAt + 1 && bytes.readInt16BE(apiKeyAt) === fetchApiKey) {
        paused.push(socket.pause());
        onSwallowed();
      }
      return write(bytes, ...rest);
    }) as Socket['write'];
  };
  /** Resolves when a fetch was swallowed: one that was under way before may still be answered. */
  const swallow = () => {
    isSwallowing = true;
    return new Promise<void>((resolve) => {
      onSwallowed = resolve;
    });
  };
  const letThrough = () => {
    isSwallowing = false;
    for (const socket of paused) socket.resume();
  };
  return { onSocket, swallow, letThrough };
}

describe('a member whose fetches are never answered', () => {
  let stream: Stream;
  let admin: StreamAdmin;
  let publisher: Publisher;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(() => {
    stream = createKafkajsStream({ brokers: [readEndpoints().kafka], clientId: 'watchdog', log: quiet });
    admin = stream.admin();
    publisher = stream.publisher();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  afterAll(async () => {
    await publisher?.close();
    await admin?.close();
  });

  async function watched(isWaiting = false) {
    const topic = `watchdog-${process.pid}-${Date.now()}`;
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1, config: {} }]);
    const { onSocket, swallow, letThrough } = swallower();
    const own = createKafkajsStream({ brokers: [readEndpoints().kafka], clientId: 'watched', log: quiet, onSocket });
    let restarts = 0;
    const looks: (() => void)[] = [];
    const member = new WatchedMember({
      make: () => own.member({ groupId: topic, topics: [topic] }),
      admin,
      log: quiet,
      now: () => performance.now(),
      stuckMsMax,
      isWaiting: () => isWaiting,
      onLook: (_, isRestart) => {
        if (isRestart) restarts++;
        for (const look of looks.splice(0)) look();
      },
    });
    const collector = new Collector(member);
    stops.push(() => collector.stop());
    await collector.start();
    const send = (value: string) => publisher.publish([{ topic, partition: 0, key: null, value }]);
    const nextLook = () => new Promise<void>((resolve) => void looks.push(resolve));
    await send('before');
    await collector.take(1);
    return { topic, member, collector, send, swallow, letThrough, nextLook, restarts: () => restarts };
  }

  it('gets_a_new_client_that_reads_on', async () => {
    const { topic, member, collector, send, swallow, letThrough, nextLook, restarts } = await watched();
    await member.commit({ topic, partition: 0, offset: 1, metadata: '' });
    await swallow();
    await send('swallowed');
    while (restarts() === 0) await nextLook();
    letThrough();
    expect((await collector.take(2)).map(textOf)).toEqual(['before', 'swallowed']);
    expect([restarts(), member.notAlive()]).toEqual([1, undefined]);
    await member.commit({ topic, partition: 0, offset: 2, metadata: '' });
    expect(collector.events.filter((event) => event.startsWith('crashed'))).toEqual([]);
  }, 120_000);

  it('is_not_alive_when_a_new_client_does_not_help_and_alive_again_when_it_reads_on', async () => {
    const { member, collector, send, swallow, letThrough, nextLook, restarts } = await watched();
    await swallow();
    await send('swallowed');
    while (member.notAlive() === undefined) await nextLook();
    expect(member.notAlive()).toContain('A partition stands still although its log goes on');
    expect(restarts()).toBe(1);
    letThrough();
    await collector.take(2);
    while (member.notAlive() !== undefined) await nextLook();
  }, 180_000);

  it('is_left_alone_while_the_service_says_why_it_waits', async () => {
    const { collector, send, swallow, letThrough, nextLook, restarts } = await watched(true);
    await swallow();
    await send('swallowed');
    const until = performance.now() + 2 * stuckMsMax;
    while (performance.now() < until) await nextLook();
    expect(restarts()).toBe(0);
    letThrough();
    await collector.stop();
  }, 60_000);
});
