import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { decodeHandoff } from '@tributary/ocsf';
import { handoffSectionsOf } from '@tributary/schemas/kafka/handoff-sections.ts';
import { rejectedTopic } from '@tributary/schemas/kafka/topics.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import type { OutgoingRecord, StreamRecord } from '@tributary/stream/stream.ts';
import { fileActivity, jsonAsAvro, Rig, type RigOptions, registrationOf, wireFormat } from './rig.fixture.ts';
import { Workspace } from './workspace.ts';

// A slow machine is no failure.
jest.setTimeout(60_000);

const accounts = ['111111111111', '222222222222', '333333333333'];
const schema = { type: 'record', name: 'Activity', fields: [{ name: 'accountId', type: 'string' }] };

let rig: Rig;
afterEach(() => rig.stop());

async function rigWith(options: RigOptions): Promise<void> {
  rig = new Rig(options);
  await rig.register(...accounts.map((account) => registrationOf(account)));
}

const feed = (count: number) =>
  rig.feed(0, ...Array.from({ length: count }, (_, at) => fileActivity(accounts[at % accounts.length]!)));
const handedOff = () => rig.rowsOnce().map(({ sourceOffset }) => sourceOffset);
const kept = () => rig.rejected().map(({ headers }) => Number(String(headers['source-offset'])));
const firstOffset = ({ headers, value }: StreamRecord) =>
  decodeHandoff(handoffSectionsOf(headers, value!)[0]!.bytes).sourceOffset[0]!;
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const inOrder = (offsets: readonly number[]) => offsets.toSorted((one, other) => one - other);

/*
 * The story: a bug of a release failed on every row. A batch of 10,000 was halved down to single rows, each of which cost a
 * try and a send of its own: that took longer than a partition may stand still, so the client was restarted, and it began anew.
 */
describe('rows that the mapping fails on', () => {
  let tries = 0;
  let sends: (readonly OutgoingRecord[])[] = [];
  /** `more` bytes follow each message. */
  const failingOn = (isPoison: (place: number) => boolean, more = 0): RigOptions => {
    class Poisoned extends Workspace {
      override encode(version: OcsfVersion, places: Int32Array): Buffer {
        tries += 1;
        if (places.some(isPoison)) throw new RangeError('too deep');
        return Buffer.concat([super.encode(version, places), Buffer.alloc(more)]);
      }
    }
    tries = 0;
    sends = [];
    return {
      workspace: (eventClass) => new Poisoned(eventClass, 1),
      between: (publisher) => ({
        publish: (records) => {
          sends.push(records);
          return publisher.publish(records);
        },
        close: () => publisher.close(),
      }),
    };
  };

  // So many are fetched and worked on together.
  const count = 1_500;

  it('cost_a_bounded_number_of_tries_and_few_sends_where_they_are_all', async () => {
    await rigWith(failingOn(() => true));
    await feed(count);
    await rig.start();
    await rig.drained();
    expect(inOrder(kept())).toEqual(numbers(count));
    expect(handedOff()).toEqual([]);
    expect(tries).toBeLessThan(400);
    expect(sends).toHaveLength(1);
    expect(String(rig.rejected().at(-1)!.headers.reason)).toMatch(
      /^RangeError: too deep, on one or more of \d+ events$/,
    );
    expect(await rig.metrics.page()).toContain(`fault="mapping-failed"} ${count}`);
  });

  it('are_each_found_where_they_are_few', async () => {
    const poison = [0, 1, 700, 1_100, count - 1];
    await rigWith(failingOn((place) => poison.includes(place)));
    await feed(count);
    await rig.start();
    await rig.drained();
    expect(inOrder(kept())).toEqual(poison);
    expect(handedOff()).toHaveLength(count - poison.length);
  });

  it('take_only_their_neighbours_with_them_where_they_are_many_and_every_event_has_one_fate', async () => {
    await rigWith(failingOn((place) => place % 10 === 7));
    await feed(600);
    await rig.start();
    await rig.drained();
    expect(inOrder([...kept(), ...handedOff()])).toEqual(numbers(600));
    expect(handedOff().length).toBeGreaterThan(100);
    expect(tries).toBeLessThan(700);
  });

  it('are_durable_before_any_later_row_of_their_partition_is_sent', async () => {
    const isPoison = (place: number) => place % 9 === 3;
    // So large that hardly two messages are sent together.
    await rigWith(failingOn(isPoison, 7 << 20));
    await rig.feed(0, ...Array.from({ length: 60 }, () => fileActivity(accounts[0]!)));
    await rig.start();
    await rig.drained();
    const first = new Map(rig.messages().map(({ record }, at) => [at, firstOffset(record)]));
    let [message, safe] = [0, 0];
    for (const { topic } of sends.flat()) {
      if (topic === rejectedTopic) safe += 1;
      else expect(numbers(first.get(message++)!).filter(isPoison).length).toBeLessThanOrEqual(safe);
    }
    expect([message, safe]).toEqual([first.size, 7]);
  });
});

// The story: only the rows' own failures were caught; one of a reader of whole columns came back with every try of its batch.
describe('a reader of columns that stumbles', () => {
  class Stumbling extends Workspace {
    override readAvro(): never {
      throw new TypeError('a bug of the compiled reader');
    }
    override readObjects(): never {
      throw new TypeError('a bug of the object reader');
    }
  }

  it('leaves_each_value_to_be_read_alone_and_what_cannot_be_to_rejected', async () => {
    const decoderOf = async (id: number) => Object.assign(await jsonAsAvro.decoderOf(id), { schema });
    await rigWith({ workspace: (eventClass) => new Stumbling(eventClass, 1), decoders: { decoderOf } });
    const sound = fileActivity(accounts[0]!);
    await rig.feed(0, wireFormat(7, sound), wireFormat(7, 'no json'), wireFormat(7, sound), sound);
    await rig.start();
    await rig.drained();
    expect(handedOff()).toEqual([0, 2, 3]);
    expect(rig.rejected().map(({ headers }) => String(headers.fault))).toEqual(['undecodable-avro']);
    expect([rig.crashes, rig.pauses]).toEqual([[], []]);
  });
});
