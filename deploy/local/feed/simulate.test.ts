import { describe, expect, it } from '@jest/globals';
import { normalise } from '@tributary/ocsf';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { exactLongs } from '@tributary/stream/avro-long.ts';
import avro from 'avsc';
import { type Activity, type FeedRecord, jsonOf } from './feed-record.ts';
import { simulatedAccounts } from './fleet.ts';
import { acrossMidnight, longStrings, longText, poison } from './hard-cases.ts';
import { avroForm } from './registry.ts';
import { type SimulationOptions, simulate } from './simulate.ts';

const options: SimulationOptions = {
  seed: 7,
  run: 'r1',
  count: 3000,
  stepMs: 0.5,
  startMs: Date.UTC(2024, 1, 29, 12),
  accounts: simulatedAccounts(3),
  hostsPerAccount: 4,
};
const hard = { account: '900000000001', run: 'r1', seed: 7 };

const records = [...simulate(options)];
function activityIn(record: FeedRecord): Activity {
  if (!('activity' in record.payload)) throw new Error('bytes');
  return record.payload.activity;
}

const typeHook = exactLongs as unknown as (schema: avro.Schema) => avro.Type | undefined;
const avroTypes = Object.fromEntries(
  eventClassNames.map((name) => [
    name,
    avro.Type.forSchema(activitySchema(name) as unknown as avro.Schema, { typeHook }),
  ]),
);

describe('the simulated fleet', () => {
  it('gives_the_same_events_for_the_same_seed_and_others_for_another', () => {
    expect([...simulate(options)]).toEqual(records);
    expect([...simulate({ ...options, seed: 8 })]).not.toEqual(records);
  });

  it('gives_every_event_a_uuid_of_its_own_that_another_run_does_not_repeat', () => {
    const again = [...simulate({ ...options, run: 'r2' })];
    expect(new Set([...records, ...again].map((record) => record.uuid)).size).toBe(2 * options.count);
    expect(again[0]!.key).toBe(records[0]!.key);
  });

  it('has_every_class_every_account_and_every_system', () => {
    expect(new Set(records.map((record) => record.eventClass))).toEqual(new Set(eventClassNames));
    expect(new Set(records.map((record) => record.account))).toEqual(new Set(options.accounts));
    expect(new Set(records.map((record) => activityIn(record).osName))).toEqual(new Set(['Windows', 'Linux', 'macOS']));
    expect(records.some((record) => activityIn(record).awsAccountId !== undefined)).toBe(true);
    expect(records.some((record) => activityIn(record).awsAccountId === undefined)).toBe(true);
  });

  it('fits_the_avro_schema_of_its_class_and_uses_no_other_field', () => {
    for (const record of records) {
      const type = avroTypes[record.eventClass]!;
      const faults: string[] = [];
      type.isValid(avroForm(activityIn(record)), {
        noUndeclaredFields: true,
        errorHook: (path) => faults.push(`${record.eventClass} ${path.join('.')}`),
      });
      if (faults.length > 0) expect(faults).toEqual([]);
    }
  });

  it('becomes_ocsf_rows_without_exception', () => {
    const refused = records.flatMap((record) => {
      const row = normalise(record.eventClass, '1.1.0', coerceActivity(activityIn(record)), { now: record.time });
      return row.outcome === 'ok' ? [] : [`${record.eventClass}: ${JSON.stringify(row)}`];
    });
    expect(refused).toEqual([]);
  });

  it('lets_time_pass_by_the_step_only_and_has_registry_on_windows_only', () => {
    expect(records.at(-1)!.time).toBe(options.startMs + Math.floor((options.count - 1) * options.stepMs));
    const registry = records.filter((record) => record.eventClass === 'registry-value-activity');
    expect(new Set(registry.map((record) => activityIn(record).osName))).toEqual(new Set(['Windows']));
  });

  it('starts_processes_as_children_of_processes_that_ran_on_the_same_host', () => {
    const known = new Map<string, Set<number>>();
    const orphans = records.filter((record) => {
      if (record.eventClass !== 'process-activity' || activityIn(record).eventSubId !== 2) return false;
      const { processPid, objectPid } = activityIn(record);
      const pids = known.get(record.key);
      known.set(record.key, (pids ?? new Set([processPid!])).add(objectPid!));
      return pids !== undefined && !pids.has(processPid!) && activityIn(record).parentPid !== undefined;
    });
    expect(orphans).toEqual([]);
  });
});

describe('the hard cases', () => {
  it('spans_midnight_with_events_on_both_days', () => {
    const days = acrossMidnight(hard, Date.UTC(2024, 2, 1, 15), 10).map((record) =>
      new Date(record.time).toISOString().slice(0, 10),
    );
    expect([days[0], days.at(-1), days.length]).toEqual(['2024-02-29', '2024-03-01', 10]);
  });

  it('makes_text_of_exactly_so_many_bytes', () => {
    for (const bytes of [16_384, 262_144, 262_145]) expect(Buffer.byteLength(longText('C:\\', bytes))).toBe(bytes);
  });

  it('has_long_strings_in_three_classes_below_the_broker_limit_of_a_message', () => {
    const long = longStrings(hard, options.startMs);
    expect(new Set(long.map((record) => record.uuid)).size).toBe(9);
    expect(new Set(long.map((record) => record.eventClass)).size).toBe(3);
    for (const record of long) expect(jsonOf(activityIn(record)).length).toBeLessThan(1_000_000);
  });

  it('has_poison_for_each_fault_of_one_event_that_a_producer_can_cause', () => {
    const made = poison(hard, 'file-activity', options.startMs, 1);
    expect(new Set(made.map((record) => record.uuid)).size).toBe(made.length);
    expect([...new Set(made.map((record) => record.fault))].sort()).toEqual(
      [
        'empty-value',
        'invalid-account',
        'invalid-event-time',
        'not-an-activity',
        'undecodable-avro',
        'undecodable-json',
        'unknown-schema-id',
        'wrong-event-class',
      ].sort(),
    );
    expect(made.every((record) => record.fate === 'rejected' && 'bytes' in record.payload)).toBe(true);
  });
});
