import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Collector } from './contract-collector.ts';
import { RecordsTooLarge } from './records-too-large.ts';
import type { OutgoingRecord, Publisher, Stream, StreamAdmin, StreamRecord, TopicPartition } from './stream.ts';

/** What the suite needs beside the port itself. */
export interface StreamHarness {
  /** A client of the cluster; each call makes another one. */
  readonly connect: () => Stream;
  /** Different in each run, so that topics, groups and ids are new. */
  readonly unique: string;
  /** A transactional producer of this id sends the group's offset, and dies before it ends the transaction. */
  readonly leaveOpenTransaction: (
    position: TopicPartition & { groupId: string; transactionalId: string; offset: number },
  ) => Promise<void>;
  /** Leaves only the newest record of each key in a compacted topic; resolves when it is so. */
  readonly compact: (topic: string) => Promise<void>;
  /** Writes a batch of one record that nobody can decode. */
  readonly writeUndecodable: (position: TopicPartition) => Promise<void>;
  /** Removes what lies before `low`. */
  readonly advanceStart: (topic: string, partition: number, low: number) => Promise<void>;
}

const mebibyte = 1_048_576;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** The promises of the port. `harness` is asked when the tests run. */
export function describeStream(name: string, harness: () => StreamHarness, timeoutMs: number): void {
  jest.setTimeout(timeoutMs);
  describe(name, () => {
    let stream: Stream;
    let admin: StreamAdmin;
    let publisher: Publisher;
    let made = 0;
    const closing: (() => Promise<void>)[] = [];

    beforeAll(() => {
      stream = harness().connect();
      admin = stream.admin();
      publisher = stream.publisher();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    afterAll(async () => {
      await publisher.close();
      await admin.close();
    });

    const id = (what: string) => `${what}-${harness().unique}-${made++}`;
    const newTopic = async (partitions = 1, config: Record<string, string> = {}) => {
      const topic = id('topic');
      const base = { 'max.message.bytes': String(17 * mebibyte), 'message.timestamp.type': 'LogAppendTime' };
      await admin.createTopics([{ name: topic, partitions, replicationFactor: 1, config: { ...base, ...config } }]);
      return topic;
    };
    const records = (topic: string, values: readonly (string | null)[], partition = 0): OutgoingRecord[] =>
      values.map((value) => ({ topic, partition, key: null, value }));
    const letters = (topic: string, partition = 0) => publisher.publish(records(topic, [...'abcdef'], partition));
    const join = async (groupId: string, topic: string, from: Stream = stream) => {
      const collector = new Collector(from.member({ groupId, topics: [topic] }));
      closing.push(() => collector.stop());
      await collector.start();
      return collector;
    };
    const readAll = async (topic: string, from = 0) => {
      const read: StreamRecord[] = [];
      const next = await stream.read({ topic, partition: 0, from, onRecord: (record) => void read.push(record) });
      return { read, next };
    };
    const newCommitter = (position: TopicPartition & { groupId: string; transactionalId: string }) => {
      const committer = stream.committer(position);
      closing.push(() => committer.close());
      return committer;
    };
    const newMillisecond = async () => {
      for (const start = Date.now(); Date.now() === start; ) await new Promise((resolve) => setImmediate(resolve));
    };
    const newAtomicPublisher = (transactionalId: string) => {
      const made = stream.atomicPublisher({ transactionalId });
      closing.push(() => made.close());
      return made;
    };
    const text = (record: StreamRecord) => record.value?.toString() ?? null;

    describe('admin', () => {
      it('makes_the_topics_that_are_missing_and_changes_none', async () => {
        const names = [id('topic'), id('topic')];
        const shapes = names.map((topic, i) => ({ name: topic, partitions: i + 2, replicationFactor: 1, config: {} }));
        expect(await admin.createTopics(shapes.slice(0, 1))).toEqual(names.slice(0, 1));
        expect(await admin.createTopics(shapes.map((shape) => ({ ...shape, partitions: 3 })))).toEqual(names.slice(1));
        expect(await admin.partitionCounts([...names, 'absent'])).toEqual(
          new Map([
            [names[0], 2],
            [names[1], 3],
          ]),
        );
      });

      it('answers_where_each_partition_starts_and_ends', async () => {
        const topic = await newTopic(2);
        await letters(topic, 1);
        await harness().advanceStart(topic, 1, 4);
        expect(await admin.ends(topic)).toEqual([
          { partition: 0, low: 0, high: 0 },
          { partition: 1, low: 4, high: 6 },
        ]);
      });

      it('answers_which_record_was_the_first_at_or_after_a_time', async () => {
        const topic = await newTopic(2);
        for (const letter of 'abc') {
          await publisher.publish(records(topic, [letter]));
          await newMillisecond();
        }
        const times = (await readAll(topic)).read.map(({ timestamp }) => timestamp);
        const at = async (time: number) => Object.fromEntries(await admin.startingAt(topic, time));
        expect(await at(0)).toEqual({ 0: 0, 1: 0 });
        expect(await at(times[1]!)).toEqual({ 0: 1, 1: 0 });
        expect(await at(times[1]! + 1)).toEqual({ 0: 2, 1: 0 });
        expect(await at(times[2]! + 60_000)).toEqual({ 0: 3, 1: 0 });
      });

      it('answers_nothing_for_a_group_that_never_committed', async () => {
        expect(await admin.committed(id('group'), await newTopic())).toEqual(new Map());
      });
    });

    describe('publisher', () => {
      it('answers_the_offset_of_each_record_in_the_callers_order', async () => {
        const topic = await newTopic(2);
        const mixed = [0, 1, 0, 0, 1].map((partition) => ({ topic, partition, key: 'k', value: 'v' }));
        expect(await publisher.publish(mixed)).toEqual([0, 0, 1, 2, 1]);
        expect(await publisher.publish(mixed)).toEqual([3, 2, 4, 5, 3]);
        expect(await publisher.publish([])).toEqual([]);
      });

      it('keeps_the_order_of_calls_made_at_once', async () => {
        const topic = await newTopic();
        const calls = Array.from({ length: 50 }, (_, i) => publisher.publish(records(topic, [`${i}a`, `${i}b`])));
        expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 100 }, (_, i) => i));
        const { read } = await readAll(topic);
        expect(read.map(text)).toEqual(Array.from({ length: 50 }, (_, i) => [`${i}a`, `${i}b`]).flat());
      });

      it('carries_keys_headers_bytes_and_tombstones', async () => {
        const topic = await newTopic();
        const bytes = Buffer.from([0, 255, 1]);
        await publisher.publish([
          { topic, partition: 0, key: 'ключ', value: bytes, headers: { text: 'é', bytes } },
          { topic, partition: 0, key: 'gone', value: null },
          { topic, partition: 0, key: null, value: '' },
        ]);
        const [first, second, third] = (await readAll(topic)).read;
        expect(first!.key!.toString()).toBe('ключ');
        expect(Buffer.compare(first!.value!, bytes)).toBe(0);
        expect(first!.headers.text!.toString()).toBe('é');
        expect(Buffer.compare(first!.headers.bytes!, bytes)).toBe(0);
        expect([second!.key!.toString(), second!.value]).toEqual(['gone', null]);
        expect([third!.key, third!.value!.length]).toEqual([null, 0]);
        await publisher.publish([{ topic, partition: 0, key: Buffer.from([0, 0xff]), value: 'v' }]);
        expect((await readAll(topic)).read.at(-1)!.key).toEqual(Buffer.from([0, 0xff]));
      });

      it.each(codecs)('writes_and_reads_batches_compressed_with_%s', async (compression) => {
        const topic = await newTopic();
        const compressing = stream.publisher({ compression });
        closing.push(() => compressing.close());
        const values = Array.from({ length: 300 }, (_, i) => `${i} `.repeat(i));
        await compressing.publish(records(topic, values));
        expect((await readAll(topic)).read.map(text)).toEqual(values);
        const member = await join(id('group'), topic);
        expect((await member.take(300)).map(text)).toEqual(values);
      });

      it('carries_a_message_of_16_MB', async () => {
        const topic = await newTopic();
        const value = Buffer.alloc(16 * mebibyte, 'tributary ');
        expect(await publisher.publish([{ topic, partition: 0, key: null, value }])).toEqual([0]);
        const [record] = await (await join(id('group'), topic)).take(1);
        expect(Buffer.compare(record!.value!, value)).toBe(0);
        expect(Buffer.compare((await readAll(topic)).read[0]!.value!, value)).toBe(0);
      });

      it('splits_what_is_too_large_for_one_batch', async () => {
        const topic = await newTopic(1, { 'max.message.bytes': '1048576' });
        const value = 'x'.repeat(400_000);
        const offsets = await publisher.publish(
          records(
            topic,
            Array.from({ length: 10 }, () => value),
          ),
        );
        expect(offsets).toEqual(Array.from({ length: 10 }, (_, i) => i));
      });

      it('fails_for_good_and_goes_on_with_the_next_publish', async () => {
        const topic = await newTopic();
        const failing = publisher.publish(records(id('absent'), ['lost']));
        await expect(failing).rejects.toMatchObject({ code: 'handoff-send-failed' });
        expect(await letters(topic)).toEqual([0, 1, 2, 3, 4, 5]);
      });
    });

    describe('member', () => {
      it('starts_where_the_log_starts_when_nothing_was_committed', async () => {
        const topic = await newTopic();
        await letters(topic);
        await harness().advanceStart(topic, 0, 2);
        const member = await join(id('group'), topic);
        const taken = await member.take(4);
        expect(taken.map(text)).toEqual([...'cdef']);
        expect(taken.map((record) => record.offset)).toEqual([2, 3, 4, 5]);
        expect(member.batches[0]!.highWatermark).toBe(6);
      });

      it('tells_the_append_time_of_each_record', async () => {
        const topic = await newTopic();
        await letters(topic);
        const taken = await (await join(id('group'), topic)).take(6);
        expect(Math.min(...taken.map((record) => record.timestamp))).toBeGreaterThan(0);
      });

      it('resumes_from_the_committed_offset_and_commits_nothing_by_itself', async () => {
        const topic = await newTopic();
        const group = id('group');
        await letters(topic);
        const first = await join(group, topic);
        await first.take(6);
        await first.member.commit({ topic, partition: 0, offset: 4, metadata: 'm' });
        await first.stop();
        expect(await admin.committed(group, topic)).toEqual(new Map([[0, { offset: 4, metadata: 'm' }]]));
        const second = await join(group, topic);
        expect((await second.take(2)).map(text)).toEqual(['e', 'f']);
      });

      it('commits_metadata_of_4000_bytes', async () => {
        const topic = await newTopic();
        const group = id('group');
        await letters(topic);
        const member = await join(group, topic);
        await member.take(6);
        const metadata = 'm'.repeat(4000);
        await member.member.commit({ topic, partition: 0, offset: 6, metadata });
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 6, metadata });
      });

      it('tells_the_assignment_before_any_batch', async () => {
        const topic = await newTopic(2);
        await letters(topic, 0);
        await letters(topic, 1);
        const member = await join(id('group'), topic);
        expect(member.events[0]).toBe('assigned 0,1');
        await member.take(12);
      });

      it('seeks_before_the_first_batch_and_inside_of_one', async () => {
        const topic = await newTopic();
        await letters(topic);
        const collector = new Collector(stream.member({ groupId: id('group'), topics: [topic] }));
        closing.push(() => collector.stop());
        collector.onAssigned = () => collector.member.seek({ topic, partition: 0, offset: 3 });
        let isFirst = true;
        collector.onBatch = async () => {
          if (isFirst) collector.member.seek({ topic, partition: 0, offset: 1 });
          isFirst = false;
        };
        await collector.start();
        expect((await collector.take(8)).map(text)).toEqual([...'def', ...'bcdef']);
      });

      it('honours_a_seek_made_before_the_start', async () => {
        const topic = await newTopic();
        await letters(topic);
        const collector = new Collector(stream.member({ groupId: id('group'), topics: [topic] }));
        closing.push(() => collector.stop());
        collector.member.seek({ topic, partition: 0, offset: 5 });
        await collector.start();
        expect((await collector.take(1)).map(text)).toEqual(['f']);
      });

      it('delivers_nothing_of_a_paused_partition_until_it_is_resumed', async () => {
        const topic = await newTopic(2);
        const member = await join(id('group'), topic);
        const paused = [{ topic, partition: 0 }];
        member.member.pause(paused);
        await letters(topic, 0);
        await letters(topic, 1);
        await member.take(6);
        expect(member.batches.map((batch) => batch.partition)).not.toContain(0);
        member.member.resume(paused);
        await member.take(12);
        expect(member.batches.at(-1)!.partition).toBe(0);
      });

      it('says_where_it_stands_and_what_it_does_not_read_on_purpose', async () => {
        const topic = await newTopic(2);
        await letters(topic);
        const collector = await join(id('group'), topic);
        await collector.take(6);
        collector.member.pause([{ topic, partition: 1 }]);
        const progress = () => collector.member.progress().toSorted((a, b) => a.partition - b.partition);
        expect(progress()).toEqual([
          { topic, partition: 0, position: 6, isHeld: false },
          { topic, partition: 1, position: 0, isHeld: true },
        ]);
        collector.member.resume([{ topic, partition: 1 }]);
        expect(progress()[1]).toMatchObject({ isHeld: false });
      });

      it('gives_every_partition_of_a_backlog_its_turn', async () => {
        const partitions = 12;
        const topic = await newTopic(partitions);
        const rounds = 20;
        const value = 'x'.repeat(20_000);
        // A batch for each record, and one batch for each fetch.
        for (let round = 0; round < rounds; round++)
          await publisher.publish(
            Array.from({ length: partitions }, (_, partition) => records(topic, [value], partition)).flat(),
          );
        const collector = new Collector(
          stream.member({ groupId: id('group'), topics: [topic], fetchBytesMax: 20_000 }),
        );
        closing.push(() => collector.stop());
        const taken = (partition: number) =>
          collector.batches.filter((batch) => batch.partition === partition).flatMap((batch) => batch.records).length;
        const all = Array.from({ length: partitions }, (_, partition) => partition);
        await collector.start();
        await collector.until(() => all.every((partition) => taken(partition) > 0));
        // Asked for in a fixed order, the last would wait until all others have nothing left.
        expect(all.filter((partition) => taken(partition) === rounds).length).toBeLessThan(partitions / 2);
      });

      it('reads_a_partition_again_after_a_throw_and_loses_nothing', async () => {
        const topic = await newTopic(2);
        await letters(topic, 0);
        const collector = new Collector(stream.member({ groupId: id('group'), topics: [topic] }));
        closing.push(() => collector.stop());
        let failures = 3;
        collector.onBatch = async ({ partition }) => {
          if (partition === 0 && failures-- > 0) throw new Error('not now');
        };
        await collector.start();
        await letters(topic, 1);
        const taken = await collector.take(12);
        expect(failures).toBe(-1);
        const of = (partition: number) =>
          collector.batches.filter((batch) => batch.partition === partition).flatMap((batch) => batch.records);
        expect(of(0).map(text)).toEqual([...'abcdef']);
        expect(of(1).map(text)).toEqual([...'abcdef']);
        expect(taken).toHaveLength(12);
      });

      it('goes_back_to_the_last_commit_after_a_throw', async () => {
        const topic = await newTopic();
        const collector = new Collector(stream.member({ groupId: id('group'), topics: [topic] }));
        closing.push(() => collector.stop());
        await collector.start();
        await letters(topic);
        await collector.take(6);
        await collector.member.commit({ topic, partition: 0, offset: 4, metadata: '' });
        let isFirst = true;
        collector.onBatch = async () => {
          if (isFirst) {
            isFirst = false;
            throw new Error('not now');
          }
        };
        await publisher.publish(records(topic, ['g']));
        expect((await collector.take(9)).slice(6).map(text)).toEqual([...'efg']);
      });

      it('handles_one_batch_of_a_partition_at_a_time_while_others_go_on', async () => {
        const topic = await newTopic(2);
        const collector = new Collector(stream.member({ groupId: id('group'), topics: [topic] }));
        closing.push(() => collector.stop());
        let release: () => void = () => undefined;
        const blocked = new Promise<void>((resolve) => {
          release = resolve;
        });
        let atOnce = 0;
        let entered = 0;
        collector.onBatch = async ({ partition }) => {
          if (partition !== 0) return;
          entered += 1;
          atOnce = Math.max(atOnce, ++atOnce - (entered - 1));
          await blocked;
        };
        await collector.start();
        await letters(topic, 0);
        for (let i = 0; i < 3; i++) {
          await letters(topic, 1);
          await collector.take(6 * (i + 1));
        }
        await letters(topic, 0);
        expect(entered).toBe(1);
        release();
        await collector.take(18 + 12);
        const zero = collector.batches.filter((batch) => batch.partition === 0).flatMap((batch) => batch.records);
        expect(zero.map((record) => record.offset)).toEqual(Array.from({ length: 12 }, (_, i) => i));
      });

      it('stands_still_and_tells_when_the_log_no_longer_has_the_committed_offset', async () => {
        const topic = await newTopic();
        const group = id('group');
        await letters(topic);
        const first = await join(group, topic);
        await first.take(6);
        await first.member.commit({ topic, partition: 0, offset: 2, metadata: 'kept' });
        await first.stop();
        await harness().advanceStart(topic, 0, 4);
        const second = await join(group, topic);
        await second.until(() => second.events.includes('out of range 0@2'));
        expect(second.batches).toEqual([]);
        expect((await admin.committed(group, topic)).get(0)).toEqual({ offset: 2, metadata: 'kept' });
        second.member.seek({ topic, partition: 0, offset: 4 });
        expect((await second.take(2)).map(text)).toEqual(['e', 'f']);
      });

      it('stands_still_when_a_seek_leads_beyond_the_end', async () => {
        const topic = await newTopic();
        await letters(topic);
        const group = id('group');
        const member = await join(group, topic);
        await member.take(6);
        member.member.seek({ topic, partition: 0, offset: 100 });
        await member.until(() => member.events.includes('out of range 0@100'));
        expect(await admin.committed(group, topic)).toEqual(new Map());
      });

      /*
       * The story: one batch that grew beyond all bounds when decompressed failed the fetch, for good. Its reader's
       * process ended, the next owner fetched the same batch, and so the whole group went down, one after the other.
       */
      it('hands_over_a_batch_that_cannot_be_decoded_and_goes_on_behind_it', async () => {
        const topic = await newTopic(2);
        await publisher.publish(records(topic, ['a', 'b']));
        await harness().writeUndecodable({ topic, partition: 0 });
        await publisher.publish(records(topic, ['c']));
        await letters(topic, 1);
        const group = id('group');
        const collector = new Collector(stream.member({ groupId: group, topics: [topic] }));
        closing.push(() => collector.stop());
        let failures = 2;
        collector.onUndecodable = async ({ partition, lastOffset, size, bytes, timestamp }) => {
          if (failures-- > 0) throw new Error('not now');
          expect([bytes?.length, Number.isSafeInteger(timestamp)]).toEqual([size, true]);
          await collector.member.commit({ topic, partition, offset: lastOffset + 1, metadata: '' });
        };
        collector.onBatch = async (batch) => {
          const offset = batch.records.at(-1)!.offset + 1;
          await collector.member.commit({ topic, partition: batch.partition, offset, metadata: '' });
        };
        await collector.start();
        await collector.take(9);
        const events = collector.events.filter((event) => /^(batch of 0|undecodable|crashed|out of range)/.test(event));
        expect(events).toEqual(['batch of 0', 'undecodable 0@2-2', 'batch of 0']);
        const zero = collector.batches.filter(({ partition }) => partition === 0).flatMap((batch) => batch.records);
        expect(zero.map(text)).toEqual(['a', 'b', 'c']);
        expect((await admin.committed(group, topic)).get(0)?.offset).toBe(4);
      });

      it('stands_still_before_a_batch_that_cannot_be_decoded_when_nobody_takes_it', async () => {
        const topic = await newTopic(2);
        await publisher.publish(records(topic, ['a']));
        await harness().writeUndecodable({ topic, partition: 0 });
        await publisher.publish(records(topic, ['b']));
        const collector = await join(id('group'), topic);
        await collector.take(1);
        await letters(topic, 1);
        expect((await collector.take(7)).map(text)).toEqual([...'aabcdef']);
        await expect(collector.member.commit({ topic, partition: 0, offset: 2, metadata: '' })).rejects.toMatchObject({
          code: 'fenced',
        });
        collector.member.seek({ topic, partition: 0, offset: 2 });
        expect((await collector.take(8)).map(text).at(-1)).toBe('b');
        expect(collector.events.filter((event) => event.startsWith('crashed'))).toEqual([]);
      });

      it('shares_partitions_and_takes_over_after_another_stopped', async () => {
        const topic = await newTopic(2);
        const group = id('group');
        const first = await join(group, topic);
        const second = await join(group, topic, harness().connect());
        await first.until(() => first.owned().length === 1);
        expect([...first.owned(), ...second.owned()].sort()).toEqual([0, 1]);
        await letters(topic, 0);
        await letters(topic, 1);
        await first.take(6);
        await second.take(6);
        await second.stop();
        await first.until(() => first.owned().length === 2);
        await first.until(() => first.taken().length >= 18);
        expect(new Set(first.batches.map((batch) => batch.partition))).toEqual(new Set([0, 1]));
      });

      it('refuses_the_commit_of_a_partition_that_another_member_took', async () => {
        const topic = await newTopic(2);
        const group = id('group');
        await letters(topic, 0);
        await letters(topic, 1);
        const first = await join(group, topic);
        await first.take(12);
        const second = await join(group, topic, harness().connect());
        await first.until(() => first.owned().length === 1);
        const [lost] = second.owned();
        const late = first.member.commit({ topic, partition: lost!, offset: 6, metadata: 'late' });
        await expect(late).rejects.toMatchObject({ code: 'fenced' });
        expect(await admin.committed(group, topic)).toEqual(new Map());
      });

      it('refuses_a_commit_behind_what_is_committed', async () => {
        const topic = await newTopic();
        const group = id('group');
        await letters(topic);
        const member = await join(group, topic);
        await member.take(6);
        await member.member.commit({ topic, partition: 0, offset: 6, metadata: '' });
        const behind = member.member.commit({ topic, partition: 0, offset: 3, metadata: '' });
        await expect(behind).rejects.toMatchObject({ code: 'fenced' });
        const beyond = member.member.commit({ topic, partition: 0, offset: 7, metadata: '' });
        await expect(beyond).rejects.toMatchObject({ code: 'fenced' });
      });

      it('calls_nothing_after_it_stopped', async () => {
        const topic = await newTopic();
        const member = await join(id('group'), topic);
        await letters(topic);
        await member.take(6);
        await member.stop();
        await letters(topic);
        await expect(member.member.commit({ topic, partition: 0, offset: 6, metadata: '' })).rejects.toMatchObject({
          code: 'fenced',
        });
        await readAll(topic);
        expect(member.taken()).toHaveLength(6);
      });
    });

    describe('committer', () => {
      const setUp = async () => {
        const topic = await newTopic();
        const groupId = id('group');
        await letters(topic);
        return { topic, partition: 0, groupId, transactionalId: id('tx') };
      };

      it('answers_undefined_where_nothing_was_committed', async () => {
        expect(await newCommitter(await setUp()).fence()).toEqual({ offset: undefined, metadata: '' });
      });

      it('commits_offset_and_metadata_of_4000_bytes', async () => {
        const position = await setUp();
        const committer = newCommitter(position);
        await committer.fence();
        const metadata = 'm'.repeat(4000);
        await committer.commit(3, metadata);
        expect(await newCommitter(position).fence()).toEqual({ offset: 3, metadata });
      });

      it('commits_many_times_in_a_row', async () => {
        const position = await setUp();
        const committer = newCommitter(position);
        await committer.fence();
        for (let offset = 0; offset <= 6; offset++) await committer.commit(offset, `${offset}`);
        expect(await newCommitter(position).fence()).toEqual({ offset: 6, metadata: '6' });
      });

      it('fences_the_former_owner_and_answers_its_newest_commit', async () => {
        const position = await setUp();
        const former = newCommitter(position);
        await former.fence();
        for (let round = 0; round < 5; round++) {
          await former.commit(round, `round ${round}`);
        }
        const next = newCommitter(position);
        expect(await next.fence()).toEqual({ offset: 4, metadata: 'round 4' });
        await expect(former.commit(1, 'zombie')).rejects.toMatchObject({ code: 'fenced' });
        await expect(former.commit(1, 'zombie again')).rejects.toMatchObject({ code: 'fenced' });
        await next.commit(5, 'mine');
        expect(await newCommitter(position).fence()).toEqual({ offset: 5, metadata: 'mine' });
      });

      it('is_not_blocked_by_an_open_transaction_of_a_dead_owner', async () => {
        const position = await setUp();
        const before = newCommitter(position);
        await before.fence();
        await before.commit(2, 'true');
        await harness().leaveOpenTransaction({ ...position, offset: 5 });
        const next = newCommitter(position);
        expect(await next.fence()).toEqual({ offset: 2, metadata: 'true' });
        await next.commit(3, 'next');
        expect(await newCommitter(position).fence()).toEqual({ offset: 3, metadata: 'next' });
      });

      it('commits_for_the_group_that_a_member_reads_with', async () => {
        const position = await setUp();
        const committer = newCommitter(position);
        await committer.fence();
        const member = await join(position.groupId, position.topic);
        await member.take(6);
        await committer.commit(4, 'm');
        await member.stop();
        await newCommitter(position).fence(); // before it, the commit may not be seen yet
        const again = await join(position.groupId, position.topic);
        expect((await again.take(2)).map(text)).toEqual(['e', 'f']);
      });
    });

    describe('atomic publisher', () => {
      it('publishes_to_several_topics_at_once_and_many_times_in_a_row', async () => {
        const topics = [await newTopic(2), await newTopic()];
        const atomic = newAtomicPublisher(id('tx'));
        await atomic.fence();
        for (const letter of 'abc')
          await atomic.publish([
            { topic: topics[0]!, partition: 0, key: letter, value: letter, headers: { said: letter } },
            { topic: topics[1]!, partition: 0, key: null, value: null },
          ]);
        // A commit is answered before its marker is in the log.
        const until = async (topic: string, count: number) => {
          for (;;) {
            const { read } = await readAll(topic);
            if (read.length >= count) return read;
          }
        };
        const read = await until(topics[0]!, 3);
        expect(read.map(text)).toEqual(['a', 'b', 'c']);
        expect(read.map(({ headers }) => String(headers.said))).toEqual(['a', 'b', 'c']);
        expect((await until(topics[1]!, 3)).map(text)).toEqual([null, null, null]);
      });

      it('tells_of_records_that_kafka_refuses_for_their_size_and_lands_none_of_them', async () => {
        const topics = [await newTopic(), await newTopic(1, { 'max.message.bytes': '20000' })] as const;
        const transactionalId = id('tx');
        const refused = newAtomicPublisher(transactionalId);
        await refused.fence();
        const large = records(topics[1], ['x'.repeat(30_000)]);
        await expect(refused.publish([...records(topics[0], ['beside']), ...large])).rejects.toThrow(RecordsTooLarge);
        await expect(refused.publish(records(topics[0], ['more']))).rejects.toMatchObject({ code: 'offsets-unknown' });
        const next = newAtomicPublisher(transactionalId);
        await next.fence();
        await next.publish(records(topics[0], ['after']));
        await newAtomicPublisher(transactionalId).fence();
        expect((await readAll(topics[0])).read.map(text)).toEqual(['after']);
        expect((await readAll(topics[1])).read).toEqual([]);
      });

      it('fences_the_former_holder_whose_records_are_seen_from_then_on_or_never', async () => {
        const topic = await newTopic();
        const transactionalId = id('tx');
        const former = newAtomicPublisher(transactionalId);
        await former.fence();
        await former.publish(records(topic, ['before']));
        const next = newAtomicPublisher(transactionalId);
        await next.fence();
        expect((await readAll(topic)).read.map(text)).toEqual(['before']);
        await expect(former.publish(records(topic, ['zombie']))).rejects.toMatchObject({ code: 'fenced' });
        await next.publish(records(topic, ['after']));
        await newAtomicPublisher(transactionalId).fence();
        expect((await readAll(topic)).read.map(text)).toEqual(['before', 'after']);
      });
    });

    describe('read', () => {
      it('ends_at_the_end_that_was_there_when_it_started', async () => {
        const topic = await newTopic();
        await letters(topic);
        expect((await readAll(topic)).next).toBe(6);
        expect((await readAll(topic, 4)).read.map(text)).toEqual(['e', 'f']);
        expect(await readAll(topic, 6)).toEqual({ read: [], next: 6 });
        await expect(readAll(topic, 7)).rejects.toThrow(RangeError);
      });

      it('starts_where_the_log_starts', async () => {
        const topic = await newTopic();
        await letters(topic);
        await harness().advanceStart(topic, 0, 5);
        expect((await readAll(topic)).read.map(text)).toEqual(['f']);
      });

      it('reads_an_empty_topic', async () => {
        expect(await readAll(await newTopic())).toEqual({ read: [], next: 0 });
      });

      it('reads_a_compacted_topic_to_its_end', async () => {
        const topic = await newTopic(1, {
          'cleanup.policy': 'compact',
          'min.cleanable.dirty.ratio': '0.001',
          'segment.ms': '200',
          'delete.retention.ms': '0',
          'max.compaction.lag.ms': '200',
        });
        for (let i = 0; i < 30; i++)
          await publisher.publish([{ topic, partition: 0, key: `k${i % 3}`, value: `${i}` }]);
        await harness().compact(topic);
        const [end] = await admin.ends(topic);
        const { read, next } = await readAll(topic);
        expect(next).toBe(end!.high);
        expect(read.length).toBeLessThan(end!.high);
        const newest = new Map(read.map((record) => [record.key!.toString(), text(record)]));
        expect([newest.get('k0'), newest.get('k1'), newest.get('k2')]).toEqual(['27', '28', '29']);
      });

      it('fails_at_a_batch_that_cannot_be_decoded', async () => {
        const topic = await newTopic();
        await letters(topic);
        await harness().writeUndecodable({ topic, partition: 0 });
        await letters(topic);
        await expect(readAll(topic)).rejects.toThrow(/can't be decoded/);
        expect((await readAll(topic, 7)).read).toHaveLength(6);
      });

      it('ends_where_it_is_told_to', async () => {
        const topic = await newTopic();
        await letters(topic);
        const read: (string | null)[] = [];
        const onRecord = (record: StreamRecord) => void read.push(text(record));
        expect(await stream.read({ topic, partition: 0, from: 1, to: 3, onRecord })).toBe(3);
        expect(read).toEqual(['b', 'c']);
        expect(await stream.read({ topic, partition: 0, from: 5, to: 99, onRecord })).toBe(6);
        expect(read).toEqual(['b', 'c', 'f']);
      });

      it('steps_over_a_batch_that_cannot_be_decoded_for_a_reader_who_takes_it', async () => {
        const topic = await newTopic();
        await letters(topic);
        await harness().writeUndecodable({ topic, partition: 0 });
        await letters(topic);
        const broken: number[] = [];
        const read: (string | null)[] = [];
        await stream.read({
          topic,
          partition: 0,
          from: 4,
          onRecord: (record) => void read.push(text(record)),
          onUndecodable: ({ firstOffset }) => void broken.push(firstOffset),
        });
        expect(broken).toEqual([6]);
        expect(read.join('')).toBe('efabcdef');
      });

      it('follows_until_it_is_told_to_end', async () => {
        const topic = await newTopic();
        await letters(topic);
        const stop = new AbortController();
        const read: string[] = [];
        let caughtUpAt = -1;
        let isCaughtUp: () => void = () => undefined;
        const caughtUp = new Promise<void>((resolve) => {
          isCaughtUp = resolve;
        });
        const following = stream.read({
          topic,
          partition: 0,
          from: 3,
          follow: true,
          signal: stop.signal,
          onCaughtUp: (next) => {
            caughtUpAt = next;
            isCaughtUp();
          },
          onRecord: (record) => {
            read.push(text(record)!);
            if (read.length === 5) stop.abort();
          },
        });
        await caughtUp;
        expect([caughtUpAt, read]).toEqual([6, [...'def']]);
        await publisher.publish(records(topic, ['g', 'h']));
        expect(await following).toBe(8);
        expect(read).toEqual([...'defgh']);
      });

      it('passes_on_what_the_reader_of_a_record_throws', async () => {
        const topic = await newTopic();
        await letters(topic);
        const reading = stream.read({
          topic,
          partition: 0,
          from: 0,
          onRecord: () => {
            throw new Error('my own');
          },
        });
        await expect(reading).rejects.toThrow('my own');
      });
    });
  });
}
