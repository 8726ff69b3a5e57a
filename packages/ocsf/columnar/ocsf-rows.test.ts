import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { normalise } from '../normalise.ts';
import { sampleActivities, sampleTime } from '../samples.fixture.ts';
import { columnsOfActivities } from './activity-columns.fixture.ts';
import { OcsfRows } from './ocsf-rows.ts';
import { rowOf } from './row-of.fixture.ts';
import { TextHeap } from './text-heap.ts';

const origin = {
  registration: '012345678901/process-activity',
  generation: 1,
  sourcePartition: 2,
  sourceOffset: 3,
  sourceEpoch: 0,
  objectAccount: 'external_1',
} as const;
const cases = eventClassNames.flatMap((eventClass) => ocsfVersions.map((version) => ({ eventClass, version })));

describe.each(cases)('columns of $eventClass in $version', ({ eventClass, version }) => {
  it.each([true, false])('say_what_the_row_interpreter_says (equal values in one entry: %s)', (merge) => {
    const activities = sampleActivities(eventClass).map(coerceActivity);
    const heap = new TextHeap();
    const rows = new OcsfRows(eventClass, version);
    rows.begin(heap, activities.length);
    const places = Int32Array.from(activities.keys());
    const now = new Float64Array(activities.length).fill(sampleTime);
    const columns = columnsOfActivities(activities, heap, merge);
    expect(rows.add(columns, places, places, now)).toEqual([]);
    for (const place of places) {
      const registration = `012345678901/${eventClass}` as const;
      rows.setOrigin(place, { ...origin, registration });
    }
    const batch = rows.handoffBatch(places);
    for (const [row, activity] of activities.entries()) {
      const expected = normalise(eventClass, version, activity, { now: sampleTime });
      if (expected.outcome !== 'ok') throw new Error(expected.outcome);
      expect(rowOf(batch, row)).toMatchObject({ registration: `012345678901/${eventClass}`, sourceOffset: 3 });
      const { registration, generation, sourcePartition, sourceOffset, sourceEpoch, objectAccount, ...own } = rowOf(
        batch,
        row,
      );
      expect(own).toEqual(expected.value.values);
    }
  });
});

it('makes_an_object_that_rows_share_once_and_hands_off_those_of_the_chosen_rows_only', () => {
  const [sample] = sampleActivities('process-activity');
  const activities = Array.from({ length: 200 }, (_, at) =>
    coerceActivity({ ...sample, uuid: `${at}`, endpointHostName: `host-${at % 4}`, endpointGuid: `${at % 4}` }),
  );
  const heap = new TextHeap();
  const rows = new OcsfRows('process-activity', '1.1.0');
  rows.begin(heap, activities.length);
  const places = Int32Array.from(activities.keys());
  const now = new Float64Array(activities.length).fill(sampleTime);
  rows.add(columnsOfActivities(activities, heap), places, places, now);
  for (const place of places) rows.setOrigin(place, { ...origin, sourceOffset: place });
  const devicesOf = (chosen: Int32Array) =>
    rows.handoffBatch(chosen).getChild('device')!.data[0]!.dictionary!.toArray().length;
  expect(devicesOf(places)).toBe(4);
  expect(devicesOf(places.filter((place) => place % 4 < 2))).toBe(2);
});
