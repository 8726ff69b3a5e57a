import { describe, expect, it } from '@jest/globals';
import { requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import {
  agentTopic,
  auditTopic,
  clusterLayouts,
  operationsTopic,
  rejectedTopic,
} from '@tributary/schemas/kafka/topics.ts';
import { createMemoryStream, MemoryBroker, type StreamRecord } from '@tributary/stream';
import { ensureTopics } from '@tributary/stream/topic-job.ts';
import { type RejectedEntry, type RejectedFilter, readRejected } from './entries.ts';
import { requeuedBefore } from './marks.ts';
import { type RequeueOptions, requeue } from './requeue.ts';
import { entriesTable, entryText, faultsTable, hexText, requeueText } from './view.ts';

const acme = '111111111111';
const noon = Date.UTC(2026, 0, 15, 12);
const topic = agentTopic('dns-activity');
const options: RequeueOptions = { dryRun: false, again: undefined, limit: 1_000 };
const everything: RejectedFilter = { since: 0 };

/** A cluster on which events of two classes were rejected, one a minute, some of them written twice. */
async function rig() {
  let time = noon;
  const broker = new MemoryBroker(() => time);
  const stream = createMemoryStream(broker);
  const admin = stream.admin();
  await ensureTopics(admin, clusterLayouts.local);
  const publisher = stream.publisher();
  const reject = async (event: string, fault: string, value: Buffer | string | null, more: object = {}) => {
    const [eventClass, partition, offset] = event.split('/');
    const headers = {
      'source-topic': `agent.${eventClass}`,
      'source-partition': partition!,
      'source-offset': offset!,
      fault,
      reason: `because of \u001b[31m${fault}`,
      ...more,
    };
    await publisher.publish([
      { topic: rejectedTopic, partition: 0, key: `agent.${eventClass}-${partition}`, value, headers },
    ]);
    time += 60_000;
  };
  await reject('dns-activity/1/7', 'unknown-schema-id', Buffer.from([0, 0, 0, 0, 9, 0xff]), {
    account: acme,
    'original-key': Buffer.from([0, 0xff]),
  });
  await reject('dns-activity/1/8', 'mapping-failed', '{"a":"\u202e"}', { account: acme });
  await reject('dns-activity/1/8', 'mapping-failed', '{"a":"\u202e"}', { account: acme });
  await reject('dns-activity/0/3', 'empty-value', null);
  await reject('file-activity/0/3', 'mapping-failed', '{"b":1}', { account: '222222222222' });
  await reject('file-activity/0/9', 'undecodable-batch', 'a whole batch');
  await reject('file-activity/1/2', 'value-too-large', null, { 'bytes-at-source': '16000000' });
  const parts = { stream, admin, now: () => time, operator: 'ada', requestId: 'r-1' };
  const log = (name: string, partition = 0): StreamRecord[] =>
    broker.log(name, partition).slice(0, Number.POSITIVE_INFINITY);
  const json = (name: string) => log(name).map(({ value }) => JSON.parse(String(value)));
  const entries = async (filter: RejectedFilter) => {
    const found: RejectedEntry[] = [];
    await readRejected(parts, filter, (entry) => void found.push(entry));
    return found;
  };
  return { broker, stream, parts, log, json, entries, reject };
}

const events = (entries: readonly RejectedEntry[]) => entries.map(({ event }) => event);

describe('rejected events', () => {
  it.each<[string, RejectedFilter, string[]]>([
    ['class', { eventClass: 'file-activity' }, ['file-activity/0/3', 'file-activity/0/9', 'file-activity/1/2']],
    ['fault', { fault: 'mapping-failed' }, ['dns-activity/1/8', 'file-activity/0/3']],
    ['account', { account: acme }, ['dns-activity/1/7', 'dns-activity/1/8']],
    ['time', { since: noon + 5 * 60_000 }, ['file-activity/0/9', 'file-activity/1/2']],
    ['position', { events: ['dns-activity/0/3'] }, ['dns-activity/0/3']],
  ])('are_found_once_each_by_their_%s', async (_, filter, found) => {
    const { entries } = await rig();
    expect(events(await entries(filter))).toEqual(found);
  });

  it('are_listed_without_tricks_on_the_terminal', async () => {
    const { entries } = await rig();
    const listed = (await entries({ account: acme })).map((entry) => ({ ...entry, failedAgain: false }));
    const table = entriesTable(listed, new Set(['dns-activity/1/7']));
    expect(table).toContain('dns-activity/1/7  2026-01-15T12:00:00.000Z  unknown-schema-id  111111111111  6      yes');
    expect(table).toContain('because of \\u001b[31mmapping-failed');
    const counts = new Map([
      ['mapping-failed', { all: 2, requeued: 0 }],
      ['unknown-schema-id', { all: 1_200, requeued: 1 }],
    ]);
    expect(
      faultsTable(counts)
        .split('\n')
        .slice(2)
        .map((line) => line.slice(0, 38)),
    ).toEqual(['unknown-schema-id  1,200   1         T', 'mapping-failed     2       0         O']);
  });

  it('are_shown_as_json_or_in_hexadecimal_with_their_headers', async () => {
    const { entries } = await rig();
    const [avro, json] = await entries({ account: acme });
    expect(entryText(json!, false)).toContain('"a": "\\u202e"');
    expect(entryText(json!, false)).not.toContain('\u202e');
    expect(entryText(avro!, true)).toMatch(
      /and requeued since\n(.*\n)*.*source-offset: 7\n(.*\n)* {2}Avro of schema id 9\n {2}000000 {2}00 00 00 00 09 ff/,
    );
    expect(hexText(Buffer.from('0123456789abcdefg\n')).split('\n')).toEqual([
      '  000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
      '  000010  67 0a                                            g.',
    ]);
  });
});

describe('a requeue', () => {
  it('produces_the_original_bytes_and_key_to_the_agents_topic_with_a_mark_and_an_audit_record', async () => {
    const { parts, log, json } = await rig();
    const done = await requeue({ eventClass: 'dns-activity' }, options, parts);
    expect(done).toEqual({
      sent: 2,
      before: 0,
      failedAgain: 0,
      tooLarge: [],
      unfit: new Map([['it has no value', 1]]),
    });
    expect(log(topic, 1).map(({ key, value, headers }) => [key, value, String(headers[requeuedHeader])])).toEqual([
      [Buffer.from([0, 0xff]), Buffer.from([0, 0, 0, 0, 9, 0xff]), 'dns-activity/1/7'],
      [null, Buffer.from('{"a":"\u202e"}'), 'dns-activity/1/8'],
    ]);
    expect(json(operationsTopic)).toMatchObject([
      { kind: 'requeued', event: 'dns-activity/1/7', operator: 'ada' },
      { kind: 'requeued', event: 'dns-activity/1/8', operator: 'ada' },
    ]);
    expect(json(auditTopic)).toMatchObject([
      {
        account: acme,
        action: 'rejected.requeue',
        subject: `${acme}/dns-activity`,
        after: { events: ['dns-activity/1/7', 'dns-activity/1/8'], count: 2 },
      },
    ]);
    expect(requeueText(done, false)).toBe(
      '2 events were produced to their agent topics again.\n1 can’t be sent: it has no value.',
    );
  });

  it('leaves_alone_what_was_requeued_before_unless_a_person_says_again', async () => {
    const { parts, log } = await rig();
    await requeue({ events: ['dns-activity/1/7'] }, options, parts);
    const second = await requeue({ account: acme }, options, parts);
    expect(second).toMatchObject({ sent: 1, before: 1 });
    expect(await requeue({ account: acme }, options, parts)).toMatchObject({ sent: 0, before: 2 });
    expect(log(topic, 1)).toHaveLength(2);
    expect(await requeue({ account: acme }, { ...options, again: Number.POSITIVE_INFINITY }, parts)).toMatchObject({
      sent: 2,
      before: 0,
    });
    expect(log(topic, 1)).toHaveLength(4);
  });

  it('leaves_alone_what_failed_again_after_it_was_requeued', async () => {
    const { parts, log, reject } = await rig();
    await requeue({ account: acme }, options, parts);
    await reject('dns-activity/1/0', 'mapping-failed', '{"a":"\u202e"}', {
      account: acme,
      [requeuedHeader]: 'dns-activity/1/8',
    });
    const second = await requeue({ account: acme }, options, parts);
    expect(second).toMatchObject({ sent: 0, before: 2, failedAgain: 1 });
    expect(requeueText(second, false)).toContain('1 failed again after a requeue and are left alone');
    expect(log(topic, 1)).toHaveLength(2);
    expect(
      await requeue({ events: ['dns-activity/1/0'] }, { ...options, again: Number.POSITIVE_INFINITY }, parts),
    ).toMatchObject({
      sent: 1,
    });
  });

  // The story: whoever may produce to an agent topic could keep an event from being requeued, by a header that names another's.
  it.each<[string, string, string]>([
    ['that_nobody_requeued', 'dns-activity/1/999', '{"a":"\u202e"}'],
    ['with_other_bytes', 'dns-activity/1/8', '{"other":1}'],
    ['of_another_partition', 'dns-activity/0/8', '{"a":"\u202e"}'],
    ['of_another_class', 'file-activity/0/3', '{"b":1}'],
    ['of_no_form', 'dns-activity/1/8/', '{"a":"\u202e"}'],
  ])('sends_an_event_that_says_it_was_one_%s', async (_, said, value) => {
    const { parts, reject } = await rig();
    await requeue({ fault: 'mapping-failed' }, options, parts);
    await reject('dns-activity/1/0', 'mapping-failed', value, { account: acme, [requeuedHeader]: said });
    expect(await requeue({ events: ['dns-activity/1/0'] }, options, parts)).toMatchObject({ sent: 1, failedAgain: 0 });
  });

  // The story: a topic was made anew, so its offsets came again; the second event of a position was taken for the first.
  it('tells_events_of_a_topic_that_was_made_anew_from_those_that_had_their_offsets_before', async () => {
    const { parts, log, reject, entries } = await rig();
    await requeue({ account: acme }, options, parts);
    await reject('dns-activity/1/7', 'mapping-failed', '{"new":1}', { account: acme, 'source-epoch': '2' });
    expect(events(await entries({ account: acme }))).toEqual([
      ...['dns-activity/1/7', 'dns-activity/1/8', 'dns-activity/1/7@2'],
    ]);
    expect(await requeue({ account: acme }, options, parts)).toMatchObject({ sent: 1, before: 2 });
    expect(log(topic, 1).map(({ headers }) => String(headers[requeuedHeader]))).toEqual([
      ...['dns-activity/1/7', 'dns-activity/1/8', 'dns-activity/1/7@2'],
    ]);
    expect(await requeue({ events: ['dns-activity/1/7@2'] }, options, parts)).toMatchObject({ sent: 0, before: 1 });
  });

  it('sends_one_by_one_what_kafka_refuses_together_and_names_what_it_does_not_take_alone', async () => {
    const { broker, parts, log, json, reject } = await rig();
    await reject('dns-activity/1/9', 'mapping-failed', 'x'.repeat(2_000), { account: acme });
    await reject('dns-activity/1/10', 'mapping-failed', '{"c":1}', { account: acme });
    const config = { ...broker.topics.get(topic)!.shape.config, 'max.message.bytes': '180' };
    Object.assign(broker.topics.get(topic)!.shape, { config });
    const done = await requeue({ account: acme }, options, parts);
    expect(done).toMatchObject({ sent: 3, tooLarge: ['dns-activity/1/9'] });
    expect(requeueText(done, false)).toContain('1 can’t be sent, Kafka takes no record so large: dns-activity/1/9.');
    const sent = ['dns-activity/1/7', 'dns-activity/1/8', 'dns-activity/1/10'];
    expect(log(topic, 1).map(({ headers }) => String(headers[requeuedHeader]))).toEqual(sent);
    expect(json(operationsTopic).map(({ event }) => event)).toEqual(sent);
  });

  // The story: only values were counted, so that many small events with long keys were more than a topic takes at once.
  it('counts_keys_and_headers_for_what_goes_together', async () => {
    const { parts, log, reject } = await rig();
    const key = Buffer.alloc(1_024, 7);
    for (let offset = 0; offset < 1_200; offset++)
      await reject(`dns-activity/1/${100 + offset}`, 'mapping-failed', 'x'.repeat(1_300), {
        account: '333333333333',
        'original-key': key,
      });
    expect(await requeue({ account: '333333333333' }, { ...options, limit: 2_000 }, parts)).toMatchObject({
      ...{ sent: 1_200, tooLarge: [] },
    });
    expect(log(topic, 1)).toHaveLength(1_200);
    expect(log(auditTopic)).toHaveLength(5); // one for each transaction: none was refused for its size
  });

  it('only_counts_in_a_dry_run_and_refuses_more_than_its_limit', async () => {
    const { parts, log } = await rig();
    const counted = await requeue(everything, { ...options, dryRun: true }, parts);
    expect(counted.sent).toBe(3);
    expect([...counted.unfit.values()]).toEqual([1, 1, 1]);
    await expect(requeue(everything, { ...options, limit: 2 }, parts)).rejects.toThrow('3 events are meant, more than');
    expect([log(topic, 1), log(operationsTopic), log(auditTopic)].flat()).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'whose_answer_is_lost_%s_it_landed_sends_each_event_once_when_it_is_done_again',
    async (when) => {
      const { broker, parts, log } = await rig();
      broker.failPublish({ when, topic });
      await expect(requeue({ account: acme }, options, parts)).rejects.toThrow('Do it again: what was sent is marked');
      await requeue({ account: acme }, options, parts);
      expect(log(topic, 1).map(({ headers }) => String(headers[requeuedHeader]))).toEqual([
        'dns-activity/1/7',
        'dns-activity/1/8',
      ]);
      expect([...(await requeuedBefore(parts)).keys()]).toEqual(['dns-activity/1/7', 'dns-activity/1/8']);
    },
  );

  // The story: `--again` ended with "do it again", and doing so sent once more what had been sent.
  it('that_was_to_send_again_can_be_done_again_without_sending_anything_twice', async () => {
    const { broker, parts, log } = await rig();
    await requeue({ account: acme }, options, parts);
    const again = parts.now() + 1;
    const later = { ...parts, now: () => again };
    broker.failPublish({ when: 'after', topic });
    await expect(requeue({ account: acme }, { ...options, again }, later)).rejects.toThrow(
      `--again ${new Date(again).toISOString()}: what was sent is marked`,
    );
    expect(await requeue({ account: acme }, { ...options, again }, later)).toMatchObject({ sent: 0, before: 2 });
    expect(log(topic, 1)).toHaveLength(4);
  });

  /*
   * The story: one person's requeue has looked at the marks and is about to send, when another's does all of it. What the
   * first one saw isn't true any more.
   */
  it('that_another_one_overtook_sends_nothing', async () => {
    const { stream, parts, log } = await rig();
    let isOvertaken = false;
    const read: typeof stream.read = async (reading) => {
      const next = await stream.read(reading);
      if (reading.topic !== rejectedTopic || isOvertaken) return next;
      isOvertaken = true;
      await requeue({ account: acme }, options, parts);
      return next;
    };
    const overtaken = requeue({ account: acme }, options, { ...parts, stream: { ...stream, read } });
    await expect(overtaken).rejects.toThrow('Another requeue was started meanwhile');
    expect(log(topic, 1)).toHaveLength(2);
  });
});
