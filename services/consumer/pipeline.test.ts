import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeHandoff, ocsfColumns } from '@tributary/ocsf';
import { rowOf } from '@tributary/ocsf/columnar/row-of.fixture.ts';
import { Fault, type FaultCode } from '@tributary/schemas/faults.ts';
import { handoffPartition } from '@tributary/schemas/kafka/handoff.ts';
import { type OcsfVersion, registrationId } from '@tributary/schemas/registration.ts';
import { fileActivity, jsonAsAvro, Rig, type RigOptions, registrationOf, wireFormat } from './rig.fixture.ts';
import { valueBytesMax } from './steps/decode.ts';
import { Workspace } from './workspace.ts';

const acme = '111111111111';
const birch = '222222222222';
const nobody = '333333333333';

const rigs: Rig[] = [];
async function rigWith(options: RigOptions = {}): Promise<Rig> {
  const rig = new Rig(options);
  rigs.push(rig);
  await rig.register(registrationOf(acme), registrationOf(birch));
  return rig;
}
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop();
});

const offsets = (rig: Rig) => rig.rows().map(({ sourceOffset }) => sourceOffset);

const rejectedOffsets = (rig: Rig) => rig.rejected().map(({ headers }) => Number(headers['source-offset']));

describe('the fate of an event', () => {
  it('hands_a_registered_event_off_with_its_owner_and_where_it_came_from', async () => {
    const rig = await rigWith({ epoch: 3 });
    await rig.feed(1, fileActivity(nobody), fileActivity(acme, { awsAccountId: '444455556666' }));
    await rig.start();
    await rig.drained();
    expect(rig.rows()).toEqual([
      {
        partition: handoffPartition(registrationId(acme, 'file-activity'), 2),
        handoffOffset: 0,
        version: '1.1.0',
        registration: `${acme}/file-activity`,
        generation: 1,
        sourcePartition: 1,
        sourceOffset: 1,
        sourceEpoch: 3,
        objectAccount: '444455556666',
      },
    ]);
    expect(String(rig.messages()[0]!.record.key)).toBe('agent.file-activity-1');
    expect(String(rig.messages()[0]!.record.headers['schema-fingerprint'])).toBe(
      ocsfColumns('file-activity', '1.1.0').fingerprint,
    );
  });

  it('drops_what_nobody_wants_and_counts_it', async () => {
    const rig = await rigWith();
    await rig.register(registrationOf(birch, { state: 'ended', generation: 1 }));
    await rig.feed(0, fileActivity(nobody), fileActivity(birch), fileActivity(acme));
    await rig.start();
    await rig.drained();
    expect(offsets(rig)).toEqual([2]);
    expect(rig.rejected()).toEqual([]);
    const page = await rig.metrics.page();
    expect(page).toContain('tributary_consumer_events_total{event_class="file-activity",outcome="unsubscribed"} 2');
    expect(page).toContain('tributary_consumer_events_total{event_class="file-activity",outcome="routed"} 1');
  });

  it('makes_the_same_row_of_avro_and_json', async () => {
    const decoders = {
      decoderOf: async () => () => fileActivity(acme, { eventHashId: -9_007_199_254_740_993n }),
    };
    const rig = await rigWith({ decoders });
    const json = JSON.stringify(fileActivity(acme, { eventHashId: 0 })).replace(':0', ':-9007199254740993');
    await rig.feed(0, wireFormat(7, ''), json, `\ufeff \n${json}`);
    await rig.start();
    await rig.drained();
    const rows = rig.messages().flatMap(({ record }) => {
      const { batch } = decodeHandoff(record.value!);
      return Array.from({ length: batch.numRows }, (_, row) => {
        const { sourceOffset: _offset, ...values } = rowOf(batch, row);
        return values;
      });
    });
    expect(rows).toHaveLength(3);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
    expect(JSON.stringify(rows[0])).toContain('-9007199254740993');
  });

  const refused: [FaultCode, Buffer | object | string | null][] = [
    ['empty-value', null],
    ['empty-value', ''],
    ['not-an-activity', 'hello'],
    ['not-an-activity', '[1]'],
    ['not-an-activity', Buffer.from([0, 0, 0])],
    ['unknown-schema-id', wireFormat(8, fileActivity(acme))],
    ['undecodable-avro', wireFormat(7, '{"broken')],
    ['not-an-activity', wireFormat(7, '"text"')],
    ['undecodable-json', '{"accountId":'],
    ['undecodable-json', Buffer.from([0x7b, 0xff, 0x7d])],
    ['invalid-account', fileActivity('12345')],
    ['invalid-account', {}],
    ['wrong-event-class', fileActivity(acme, { eventId: 1 })],
    ['invalid-event-time', fileActivity(acme, { eventTime: 1 })],
    ['value-too-large', `{"a":"${'x'.repeat(valueBytesMax)}"}`],
  ];

  it('keeps_what_it_refuses_with_its_bytes_and_the_reason', async () => {
    const rig = await rigWith();
    const values = refused.map(([, value]) => value);
    await rig.feed(0, ...values, fileActivity(acme));
    await rig.start();
    await rig.drained();
    expect(rig.rejected().map(({ headers }) => String(headers.fault))).toEqual(refused.map(([fault]) => fault));
    for (const [offset, { key, value, headers }] of rig.rejected().entries()) {
      const original = rig.broker.log('agent.file-activity', 0).slice(offset, 1)[0]!.value;
      expect(value === null ? null : value.equals(original!)).toBe(original === null ? null : true);
      expect(String(key)).toBe('agent.file-activity-0');
      expect(String(headers['original-key'])).toBe('endpoint');
      expect(String(headers['source-topic'])).toBe('agent.file-activity');
      expect(String(headers['source-partition'])).toBe('0');
      expect(String(headers['source-offset'])).toBe(String(offset));
      expect(String(headers.reason)).not.toBe('');
      const isOwned = ['wrong-event-class', 'invalid-event-time'].includes(String(headers.fault));
      expect(headers.account?.toString()).toBe(isOwned ? acme : undefined);
    }
    expect(offsets(rig)).toEqual([refused.length]);
    expect(await rig.metrics.page()).toContain(
      'tributary_consumer_rejected_total{event_class="file-activity",fault="invalid-account"} 2',
    );
  });

  it('keeps_of_which_topic_of_the_name_an_event_was', async () => {
    const rig = await rigWith({ epoch: 3 });
    await rig.feed(0, 'poison');
    rig.broker.writeUndecodable('agent.file-activity', 0, Buffer.from('bomb'));
    await rig.start();
    await rig.drained();
    expect(rig.rejected().map(({ headers }) => String(headers['source-epoch']))).toEqual(['3', '3']);
  });

  // A producer can write the header too: it moves no event's fate or position.
  it('hands_off_an_event_under_its_own_position_whatever_it_says_it_was', async () => {
    const rig = await rigWith();
    const record = { topic: 'agent.file-activity', partition: 0, key: null, value: JSON.stringify(fileActivity(acme)) };
    const said = ['file-activity/0/0', 'file-activity/0/999999', 'nothing'];
    await rig.stream.publisher().publish(said.map((event) => ({ ...record, headers: { 'requeued-from': event } })));
    await rig.start();
    await rig.drained();
    expect(rig.rowsOnce().map(({ sourceOffset }) => sourceOffset)).toEqual([0, 1, 2]);
  });

  it('keeps_with_what_is_refused_again_which_rejected_event_it_was', async () => {
    const rig = await rigWith();
    const headers = { 'requeued-from': 'file-activity/0/7' };
    await rig.stream
      .publisher()
      .publish([{ topic: 'agent.file-activity', partition: 0, key: null, value: '[]', headers }]);
    await rig.start();
    await rig.drained();
    expect(String(rig.rejected()[0]!.headers['requeued-from'])).toBe('file-activity/0/7');
    expect(rig.rejected()[0]!.headers).not.toHaveProperty('original-key');
  });

  it('keeps_an_event_that_the_mapping_stumbles_over_and_goes_on', async () => {
    class Stumbling extends Workspace {
      override add(): never {
        throw new TypeError('cannot read properties of undefined');
      }
      override addActivity(...args: Parameters<Workspace['addActivity']>) {
        if (args[1] === 1) throw new TypeError('cannot read properties of undefined');
        return super.addActivity(...args);
      }
      override encode(version: OcsfVersion, places: Int32Array): Buffer {
        if (places.includes(3)) throw new RangeError('too deep');
        return super.encode(version, places);
      }
    }
    const rig = await rigWith({ workspace: (eventClass) => new Stumbling(eventClass, 1) });
    await rig.feed(0, ...Array.from({ length: 6 }, () => fileActivity(acme)));
    await rig.start();
    await rig.drained();
    expect(rig.rejected().map(({ headers }) => [String(headers.fault), String(headers['source-offset'])])).toEqual([
      ['mapping-failed', '1'],
      ['mapping-failed', '3'],
    ]);
    expect(offsets(rig)).toEqual([0, 2, 4, 5]);
  });
});

describe('order and size of the hand-off', () => {
  it('keeps_source_offset_order_within_a_hand_off_partition_whatever_the_versions', async () => {
    const rig = await rigWith();
    const accounts = Array.from({ length: 8 }, (_, i) => `90000000000${i}`);
    const versions = ['1.1.0', '1.3.0'] as const;
    await rig.register(...accounts.map((account, i) => registrationOf(account, { ocsfVersion: versions[i % 2]! })));
    await rig.feed(0, ...Array.from({ length: 40 }, (_, i) => fileActivity(accounts[(i * 5) % 8]!)));
    await rig.start();
    await rig.drained();
    // The two versions of a partition go together: one message each, though they alternate.
    expect(rig.messages().map(({ partition }) => partition)).toEqual([0, 1]);
    for (const section of Map.groupBy(rig.rows(), (row) => `${row.partition} ${row.version}`).values()) {
      expect(section.map((row) => row.sourceOffset)).toEqual(
        section.map((row) => row.sourceOffset).toSorted((a, b) => a - b),
      );
    }
    expect(rig.rows()).toHaveLength(40);
    expect(rig.rowsOnce()).toHaveLength(40);
    expect(new Set(rig.rows().map(({ version }) => version))).toEqual(new Set(versions));
  });

  it('splits_a_message_that_became_too_large_and_keeps_an_event_whose_row_never_fits', async () => {
    class Growing extends Workspace {
      override encode(version: OcsfVersion, places: Int32Array): Buffer {
        if (places.length > 2 || (places.includes(4) && places.length > 1)) return Buffer.alloc(13 << 20);
        return places[0] === 4 ? Buffer.alloc(16 << 20) : super.encode(version, places);
      }
    }
    const rig = await rigWith({ workspace: (eventClass) => new Growing(eventClass, 1) });
    await rig.feed(0, ...Array.from({ length: 7 }, () => fileActivity(acme)));
    await rig.start();
    await rig.drained();
    expect(offsets(rig)).toEqual([0, 1, 2, 3, 5, 6]);
    expect(rig.rejected().map(({ headers }) => [String(headers.fault), String(headers.account)])).toEqual([
      ['value-too-large', acme],
    ]);
    const sizes = Map.groupBy(rig.rows(), ({ handoffOffset }) => handoffOffset);
    for (const rows of sizes.values()) expect(rows.length).toBeLessThanOrEqual(2);
  });

  it('asks_the_registry_once_per_schema_id_of_a_batch', async () => {
    const asked: number[] = [];
    const decoderOf = (id: number) => {
      asked.push(id);
      return jsonAsAvro.decoderOf(id);
    };
    const rig = await rigWith({ decoders: { decoderOf } });
    const values = Array.from({ length: 30 }, (_, i) => wireFormat(i % 3 === 0 ? 9 : 7, fileActivity(acme)));
    await rig.feed(0, ...values);
    await rig.start();
    await rig.drained();
    expect(asked.toSorted()).toEqual([7, 9]);
  });
});

describe('the commit', () => {
  it('comes_only_after_everything_is_published_and_says_how_far_arrival_has_been_handed_off', async () => {
    const published: number[] = [];
    const rig: Rig = await rigWith({
      onStep: ({ step, phase }) => {
        if (step !== 'commit' || phase !== 'before') return;
        published.push(rig.messages().length + rig.rejected().length);
        expect(rig.committed(0).offset).toBe(0);
      },
    });
    await rig.feed(0, fileActivity(acme), 'poison');
    await rig.start();
    await rig.drained();
    expect(published).toEqual([2]);
    expect(rig.committed(0)).toEqual({ offset: 2, metadata: `{"appendedThrough":${Date.UTC(2026, 0, 15)}}` });
  });

  it('hands_off_again_after_a_kill_between_publish_and_commit_and_nothing_counts_twice', async () => {
    let kills = 1;
    const rig = await rigWith({
      onStep: ({ step, phase }) => {
        if (step === 'commit' && phase === 'before' && kills-- > 0) throw new Error('killed');
      },
    });
    await rig.feed(0, fileActivity(acme), fileActivity(birch));
    await rig.start();
    await rig.drained();
    expect(rig.rows()).toHaveLength(4);
    expect(
      rig
        .rowsOnce()
        .map(({ sourceOffset }) => sourceOffset)
        .toSorted(),
    ).toEqual([0, 1]);
    expect(await rig.metrics.page()).toContain('outcome="routed"} 2');
  });

  it('reads_again_when_nobody_knows_whether_the_commit_landed', async () => {
    for (const when of ['before', 'after'] as const) {
      const rig = await rigWith();
      rig.broker.failCommit({ when });
      await rig.feed(0, fileActivity(acme));
      await rig.start();
      await rig.drained();
      await rig.feed(0, fileActivity(acme));
      await rig.drained();
      expect(rig.rowsOnce().map(({ sourceOffset }) => sourceOffset)).toEqual([0, 1]);
    }
  });
});

describe('a neighbour that is away', () => {
  it('pauses_while_redis_is_away_empty_or_without_its_sentinel_and_drops_nothing', async () => {
    const breakages: [(rig: Rig) => void, (rig: Rig) => unknown][] = [
      [(rig) => rig.store.goAway(), (rig) => rig.store.comeBack()],
      [(rig) => rig.store.wipe(), (rig) => rig.rebuild(registrationOf(acme), registrationOf(birch))],
      [(rig) => rig.store.loseSentinel(), (rig) => rig.rebuild(registrationOf(acme), registrationOf(birch))],
    ];
    for (const [away, back] of breakages) {
      const rig = await rigWith();
      away(rig);
      await rig.feed(0, fileActivity(acme), fileActivity(nobody));
      await rig.start();
      await rig.turns(60);
      expect(rig.pauses.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
      expect(rig.intake.causes()).toHaveLength(1);
      expect(rig.committed(0).offset).toBe(0);
      expect(rig.messages()).toEqual([]);
      await back(rig);
      await rig.drained();
      expect(offsets(rig)).toEqual([0]);
      expect(rig.intake.causes()).toEqual([]);
      expect(await rig.metrics.page()).toMatch(/tributary_consumer_paused\{fault="subscriptions-[a-z-]+"\} 0/);
    }
  });

  it('pauses_while_the_registry_is_away_and_rejects_nothing', async () => {
    let isAway = true;
    const decoderOf = (id: number) => {
      if (isAway) throw new Fault('schema-registry-unavailable');
      return jsonAsAvro.decoderOf(id);
    };
    const rig = await rigWith({ decoders: { decoderOf: async (id) => decoderOf(id) } });
    await rig.feed(0, wireFormat(7, fileActivity(acme)));
    await rig.start();
    await rig.turns(20);
    expect(await rig.metrics.page()).toContain('tributary_consumer_paused{fault="schema-registry-unavailable"} 1');
    expect(rig.rejected()).toEqual([]);
    isAway = false;
    await rig.drained();
    expect(offsets(rig)).toEqual([0]);
  });

  it('ends_a_wait_at_once_when_it_stops', async () => {
    const rig = await rigWith();
    rig.store.goAway();
    await rig.feed(0, fileActivity(acme));
    await rig.start();
    await rig.turns(10);
    await rig.stop();
    const tries = rig.pauses.length;
    rig.store.comeBack();
    await rig.turns(10);
    expect(rig.pauses).toHaveLength(tries);
    expect(rig.committed(0).offset).toBe(0);
  });

  it('sees_a_registration_that_was_answered_before_the_event_came', async () => {
    const rig = await rigWith();
    await rig.feed(0, fileActivity(nobody));
    await rig.start();
    await rig.drained();
    await rig.register(registrationOf(nobody));
    await rig.feed(0, fileActivity(nobody));
    await rig.drained();
    expect(offsets(rig)).toEqual([1]);
  });

  // The defect: rows went first. One batch was tried twice; at first the registry didn't know a schema, so an event was
  // rejected, but only the rows behind it landed. Then it knew, and the row came behind the high-water mark.
  it('never_loses_an_event_whose_fate_changes_from_one_try_to_the_next', async () => {
    for (const nth of [1, 2]) {
      let asked = 0;
      const decoderOf = async () => {
        if (asked++ === 0) throw new Fault('unknown-schema-id');
        return jsonAsAvro.decoderOf(7);
      };
      const rig = await rigWith({ decoders: { decoderOf } });
      rig.broker.failPublish({ when: 'after', nth });
      await rig.feed(0, wireFormat(7, fileActivity(acme)), fileActivity(acme));
      await rig.start();
      await rig.drained();
      const kept = [...rig.rowsOnce().map(({ sourceOffset }) => sourceOffset), ...rejectedOffsets(rig)];
      expect([...new Set(kept)].toSorted()).toEqual([0, 1]);
    }
  });

  it('reads_again_from_its_commit_after_a_failed_publish', async () => {
    for (const when of ['before', 'halfway', 'after'] as const) {
      const rig = await rigWith();
      rig.broker.failPublish({ when });
      await rig.feed(0, fileActivity(acme), fileActivity(birch), 'poison');
      await rig.start();
      await rig.drained();
      expect(
        rig
          .rowsOnce()
          .map(({ sourceOffset }) => sourceOffset)
          .toSorted(),
      ).toEqual([0, 1]);
      expect(rig.rejected().length).toBeGreaterThanOrEqual(1);
      expect(rig.pauses).toEqual([]);
    }
  });
});
