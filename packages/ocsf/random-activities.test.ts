import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import { schemasPresent } from './ajv.fixture.ts';
import { exactType } from './columnar/avro-schemas.fixture.ts';
import { judgeOf } from './judge.fixture.ts';
import type { OcsfObject } from './mapping/table.ts';
import { normalise } from './normalise.ts';
import { randomActivitiesKeepThePromise } from './random-activities.contract.ts';
import { randomActivities, randomActivity, randomNow } from './random-activities.fixture.ts';
import { avroForm } from './random-avro.fixture.ts';

// A few, for a quick check; test/integration has a hundred thousand.
randomActivitiesKeepThePromise({ seed: 20_261_124, count: 2_000, timeoutMs: 60_000 });

describe('random activities', () => {
  const some = [...randomActivities(7, 2_000)];

  it('are_the_same_for_the_same_seed_and_each_can_be_made_alone', () => {
    expect(randomActivity(7, 1_234)).toEqual(some[1_234]);
    expect(randomActivity(8, 1_234)).not.toEqual(some[1_234]);
  });

  it('have_every_class_system_and_sub_id', () => {
    expect(new Set(some.map(({ eventClass }) => eventClass))).toEqual(new Set(eventClassNames));
    expect(new Set(some.map(({ system }) => system)).size).toBe(3);
    const subIds = new Set(some.map(({ raw }) => String(raw.eventSubId)));
    expect([...subIds]).toEqual(expect.arrayContaining(Object.keys(eventSubIds)));
    expect(subIds.size).toBeGreaterThan(Object.keys(eventSubIds).length);
  });

  it('meet_the_same_fate_in_avro_where_all_that_its_schema_requires_is_there', () => {
    const types = new Map(eventClassNames.map((name) => [name, exactType(activitySchema(name))]));
    let written = 0;
    for (const [index, { eventClass, raw, expected }] of some.entries()) {
      const form = avroForm(eventClass, raw);
      if (form === undefined) continue;
      written += 1;
      const type = types.get(eventClass)!;
      const activity = coerceActivity(type.fromBuffer(type.toBuffer(form)));
      const outcome = normalise(eventClass, '1.1.0', activity, { now: randomNow });
      const fate = outcome.outcome === 'reject' ? outcome.fault : outcome.outcome;
      const fates = expected === 'unsure' ? ['ok', 'missing-required-field'] : [expected];
      expect({ index, fates }).toEqual({ index, fates: expect.arrayContaining([fate]) });
    }
    expect(written).toBeGreaterThan(some.length * 0.6);
  });
});

(schemasPresent ? describe : describe.skip)('the judge of rows', () => {
  it('finds_what_is_wrong_with_a_cloud', () => {
    const judge = judgeOf('dns-activity', '1.1.0');
    const one = some().find(({ outcome }) => outcome.outcome === 'ok' && 'cloud' in outcome.value.values)!;
    if (one.outcome.outcome !== 'ok') throw new Error('unreachable');
    const { values } = one.outcome.value;
    const pathsOf = (changed: OcsfObject) => judge({ time: 0, values: changed }).map(({ path }) => path);
    expect(pathsOf(values)).toEqual([]);
    expect(pathsOf({ ...values, cloud: { region: 'x' } })).toEqual(['cloud.provider']);
    const account = { uid: 'x', type_id: 3_000, type: 1 };
    expect(pathsOf({ ...values, cloud: { provider: 'AWS', zones: 'x', account } })).toEqual([
      'cloud.zones',
      'cloud.account.type_id',
      'cloud.account.type',
      'cloud.account.type',
    ]);
    expect(pathsOf({ ...values, cloud: { provider: 'AWS', account: { type: 'x' } } })).toEqual(['cloud.account']);
    const { cloud: _, ...without } = values;
    expect(pathsOf(without)).toEqual(['metadata.profiles', 'cloud']);
  });

  it('finds_what_a_type_does_not_allow_and_a_caption_of_another_number', () => {
    const judge = judgeOf('dns-activity', '1.1.0');
    const one = some().find(({ outcome }) => outcome.outcome === 'ok')!.outcome;
    if (one.outcome !== 'ok') throw new Error('unreachable');
    const { values } = one.value;
    const pathsOf = (more: OcsfObject) => judge({ time: 0, values: { ...values, ...more } }).map(({ path }) => path);
    const source = values.src_endpoint as OcsfObject;
    expect(pathsOf({ src_endpoint: { ...source, ip: '300.1.1.1', port: 70_000 } })).toEqual([
      'src_endpoint.ip',
      'src_endpoint.port',
    ]);
    expect(pathsOf({ device: { ...(values.device as OcsfObject), mac: '0-0-0-0-0-0-0-e0' } })).toEqual(['device.mac']);
    expect(pathsOf({ severity_id: 3, severity: 'Low' })).toEqual(['severity']);
    expect(pathsOf({ timezone_offset: 2 ** 31 })).toEqual(['timezone_offset']);
  });

  function some() {
    return [...randomActivities(1, 200)]
      .filter(({ eventClass }) => eventClass === 'dns-activity')
      .map(({ raw }) => ({ outcome: normalise('dns-activity', '1.1.0', coerceActivity(raw), { now: randomNow }) }));
  }
});
