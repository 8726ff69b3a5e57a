import { describe, expect, it, jest } from '@jest/globals';
import { requeuedHeader } from '@tributary/schemas/kafka/rejected.ts';
import type { OnStep } from '@tributary/service';
import type { Stream, StreamRecord } from '@tributary/stream';
import { operationRecord, readOperations } from '../operations.ts';
import { digestOf } from '../rejected/marks.ts';
import { Copies } from './copies.ts';
import { count, isTooLarge } from './planning.ts';
import { plansOf } from './plans.ts';
import { RangeCutter } from './ranges.ts';
import { acme, minute, noon, options, registration, rig, rowsOf } from './replay.fixture.ts';
import { replay } from './replay.ts';

// A slow machine is no failure.
jest.setTimeout(minute);

const wanted = { registration, from: noon + 12 * minute, to: noon + 30 * minute };
const one = { ...options, ranges: { rows: 1_000, bytes: 1_000_000 } };
const day = 24 * 60 * minute;

/** A time in which nothing has arrived yet; `requeue` does what an operator's command does to the event at an offset. */
async function quiet() {
  const own = await rig();
  const { publisher, send, wait, neighbours, receipts, stream } = own;
  const elsewhere = { kind: 'requeued', event: 'file-activity/1/99999', digest: 'f', at: 0, operator: 'ada' } as const;
  await publisher.publish([operationRecord(elsewhere)]);
  const requeue = async (offset: number, value: Buffer, digest: string | undefined = digestOf(value)) => {
    wait(minute);
    const event = `file-activity/0/${offset}`;
    const more = digest === '' ? {} : { digest };
    await publisher.publish([operationRecord({ kind: 'requeued', event, ...more, at: 0, operator: 'ada' })]);
    return send(0, value, { [requeuedHeader]: event });
  };
  const sent = async (onStep?: OnStep) => {
    await replay(wanted, one, neighbours(onStep));
    return rowsOf(await receipts());
  };
  const offsets = async () => {
    const [stored] = plansOf(await readOperations({ stream, admin: stream.admin() }));
    return stored!.plan.ranges.flatMap(({ spans }) => spans.map(({ from, to }) => [from, to]));
  };
  return { ...own, requeue, sent, offsets };
}

/*
 * The story: an event was rejected for a bug of ours, and requeued after the fix. Now its first record becomes a row as well
 * as its copy, and a replay of the time sent both.
 */
describe('a replay of a time in which events were requeued', () => {
  it('sends_each_event_once_though_a_copy_of_it_became_a_row_too', async () => {
    const { send, activity, requeue, sent, offsets, said } = await quiet();
    const [value, untouched] = [activity(acme), activity(acme, { processPid: 7 })];
    const first = await send(0, value);
    await send(0, untouched);
    await requeue(first, value);
    await send(0, untouched);
    expect(await sent()).toBe(3);
    expect(said[0]).toContain('1 more are requeued copies of these');
    expect(await offsets()).toEqual([
      [first, first + 2],
      [first + 3, first + 4],
    ]);
  });

  it('sends_the_copy_where_the_event_itself_still_becomes_no_row', async () => {
    const { send, activity, requeue, sent } = await quiet();
    const tomorrow = activity(acme, { eventTime: noon + 12 * minute + day + 1_000 });
    const first = await send(0, tomorrow);
    await requeue(first, tomorrow);
    expect(await sent()).toBe(1);
  });

  it('sends_a_copy_of_what_arrived_before_the_time_once', async () => {
    const { requeue, activity, sent, read } = await quiet();
    const value = activity(acme);
    expect(await read('agent.file-activity')).not.toHaveLength(0);
    await requeue(0, value);
    await requeue(0, value);
    expect(await sent()).toBe(1);
  });

  it('knows_a_copy_of_a_copy', async () => {
    const { send, activity, requeue, sent } = await quiet();
    const value = activity(acme);
    const second = await requeue(await send(0, value), value);
    await requeue(second, value);
    expect(await sent()).toBe(1);
  });

  type Copy = (own: Awaited<ReturnType<typeof quiet>>, first: number, value: Buffer) => Promise<unknown>;
  it.each<[string, Copy]>([
    [
      'only_a_producer_says_so',
      ({ send }, first, value) => send(0, value, { [requeuedHeader]: `file-activity/0/${first}` }),
    ],
    ['it_has_other_bytes', ({ requeue, activity }, first) => requeue(first, activity(acme, { processPid: 8 }), 'f')],
    [
      'it_has_other_bytes_and_the_mark_no_digest',
      ({ requeue, activity }, first) => requeue(first, activity(acme, { processPid: 8 }), ''),
    ],
  ])('leaves_nothing_out_where_%s', async (_, copy) => {
    const own = await quiet();
    const value = own.activity(acme);
    // Marked, as events that were requeued are; what says to be a copy of it comes behind.
    const first = await own.send(0, value);
    await copy(own, first, value);
    expect(await own.sent()).toBe(2);
  });

  it('goes_on_after_a_crash_without_the_copies', async () => {
    const { send, activity, requeue, sent, lake } = await quiet();
    const value = activity(acme);
    await requeue(await send(0, value), value);
    const dying: OnStep = ({ step, phase }) => {
      if (step === 'put' && phase === 'after') throw new Error('dies');
    };
    await expect(sent(dying)).rejects.toThrow('dies');
    expect(await sent()).toBe(1);
    expect(lake.objects.size).toBe(1);
  });
});

describe('a plan that is larger than a record may be', () => {
  const many = (ranges: number) => {
    const cutter = new RangeCutter(1, { rows: 1, bytes: 1 });
    const row = { objectAccount: acme, time: noon };
    for (let from = 0; from < ranges; from++)
      cutter.add({ partition: 0, from, to: from + 1, bytes: 1, rows: [{ ...row, sourceOffset: from }] });
    return cutter;
  };

  it('is_measured_as_it_is_stored', () => {
    const { ranges, planBytes } = many(50);
    expect(planBytes).toBe(JSON.stringify(ranges).length - 1);
  });

  // The story: Kafka refused the plan when it was to be stored, after hours of counting, and said nothing of a time.
  it('is_refused_while_it_is_counted_and_only_told_of_in_a_dry_run', async () => {
    const large = { length: 16 * 1024 * 1024 } as Buffer; // a portion of its own
    const parts = {
      stream: {
        read: async ({ from, to, onRecord }: Parameters<Stream['read']>[0]) => {
          for (let offset = from; offset < to!; offset++)
            await onRecord({ offset, value: large, key: null, headers: {}, timestamp: noon });
          return to!;
        },
      },
      admin: {
        ends: async () => [{ partition: 0, low: 0, high: 9_000 }],
        startingAt: async (_: string, time: number) => new Map([[0, time === wanted.from ? 0 : 9_000]]),
      },
      conversion: {
        convert: async (_: number, [record]: readonly StreamRecord[]) => {
          const texts = { registration: () => registration, objectAccount: () => acme };
          const zeros = { generation: () => 1, sourcePartition: () => 0, sourceEpoch: () => 0 };
          const rows = { length: 1, ...texts, ...zeros, sourceOffset: () => record!.offset, time: () => noon };
          const section = { bytes: new Uint8Array(new SharedArrayBuffer(0)), schemaFingerprint: '', ocsfVersion: '' };
          return { messages: [{ ...section, rows }], bytes: 1, rejected: 0 };
        },
      },
      ...{ copies: new Copies('file-activity', new Map()), ranges: { rows: 1, bytes: 1 } },
      ...{ signal: new AbortController().signal, onProgress: () => {} },
    };
    const topic = 'agent.file-activity';
    const limits = { rows: 1_000_000, bytes: 1_000_000_000 };
    await expect(count(wanted, topic, limits, parts)).rejects.toThrow(/larger than a record .* Ask for shorter times/);
    const counted = await count(wanted, topic, undefined, parts);
    expect([counted.cutter.rows, isTooLarge(counted.cutter)]).toEqual([9_000, true]);
  });
});
