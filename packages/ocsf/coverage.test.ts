import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity, fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { eventSubIds } from '@tributary/schemas/kafka/activity-fields.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { coverageTotals, fieldCoverage, type Mapping, subIdCoverage } from './coverage.ts';
import type { Entry } from './mapping/table.ts';
import { mapping } from './mapping-pages.ts';
import { normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

const totalsOf = (one: Mapping) => coverageTotals(fieldCoverage(one), subIdCoverage(one));

/** The mapping with other columns of a class. */
function withColumns(eventClass: EventClass, change: (columns: readonly Entry[]) => readonly Entry[]): Mapping {
  const table = mapping.tables[eventClass];
  return { ...mapping, tables: { ...mapping.tables, [eventClass]: { ...table, columns: change(table.columns) } } };
}

describe('the coverage', () => {
  const totals = totalsOf(mapping);

  it('forgets_no_field_and_no_sub_id', () => {
    expect(totals.wrong).toEqual([]);
  });

  it('adds_up', () => {
    expect(totals.pairs).toBe(eventClassNames.reduce((sum, name) => sum + fieldsOf(name).length, 0));
    expect(totals.mapped + totals.unmapped).toBe(totals.pairs);
    expect(totals.subIds).toBe(Object.keys(eventSubIds).length);
    expect(totals.activities + totals.others).toBe(totals.subIds * ocsfVersions.length);
  });

  it('notices_a_field_that_lost_its_only_column', () => {
    const without = withColumns('dns-activity', (columns) => columns.filter(({ path }) => path !== 'device.hostname'));
    const further = withColumns('file-activity', (columns) => columns.filter(({ path }) => path !== 'device.hostname'));
    // Elsewhere in the DNS event the endpoint is the source as well: the field still has a column there.
    expect(totalsOf(without).wrong).toEqual([]);
    expect(totalsOf(further).wrong).toEqual(['endpointHostName in file-activity: no column and no reason']);
  });

  it('notices_a_reason_for_a_field_that_has_a_column', () => {
    const reasonOf: Mapping['reasonOf'] = (eventClass, field) =>
      field === 'hostName' && eventClass === 'dns-activity' ? 'no reason' : mapping.reasonOf(eventClass, field);
    expect(totalsOf({ ...mapping, reasonOf }).wrong).toEqual([
      'hostName in dns-activity: a column, and a reason for none',
    ]);
  });

  it('notices_a_class_that_gives_no_activity', () => {
    const without = withColumns('dns-activity', (columns) => columns.filter(({ path }) => path !== 'activity_id'));
    expect(totalsOf(without).wrong).toEqual([
      '301 TELEMETRY_DNS_QUERY in OCSF 1.1.0: no activity',
      '301 TELEMETRY_DNS_QUERY in OCSF 1.3.0: no activity',
    ]);
  });

  it('says_of_each_sub_id_what_rows_say', () => {
    for (const { eventClass, subId, activities } of subIdCoverage(mapping)) {
      const raw = sampleActivities(eventClass).find((one) => one.eventSubId === subId)!;
      for (const version of ocsfVersions) {
        const outcome = normalise(eventClass, version, coerceActivity(raw), { now: sampleTime });
        if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
        const { activity_id: activityId, activity_name: activityName } = outcome.value.values;
        expect(activities[version]).toContainEqual(expect.objectContaining({ activityId, activityName }));
      }
    }
  });
});
