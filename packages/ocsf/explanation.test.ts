import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { explain, rowAsJson } from './explanation.ts';
import type { OcsfObject } from './mapping/table.ts';
import { mapping } from './mapping-pages.ts';
import { normalise } from './normalise.ts';
import { randomActivities, randomNow } from './random-activities.fixture.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';
import { traceRow } from './trace.ts';

const network = sampleActivities('network-activity')[0]!;
const options = { eventClass: 'network-activity', version: '1.1.0', mapping, now: sampleTime } as const;

function storyOf(name: string, raw: Readonly<Record<string, unknown>>) {
  const explanation = explain(raw, options);
  if (explanation.outcome !== 'ok') throw new Error(explanation.reason);
  return explanation.fields.find((field) => field.name === name);
}

describe('an explanation', () => {
  it('says_which_columns_carry_a_field_and_which_only_look_at_it', () => {
    expect(storyOf('dst', network)).toMatchObject({ columns: ['dst_endpoint.ip'], unmapped: undefined });
    expect(storyOf('osDescription', network)).toMatchObject({
      columns: [],
      lookedAtBy: expect.arrayContaining(['device.os.build']),
      unmapped: 'parts of it are in columns; the text is kept whole beside them',
    });
  });

  it.each([
    ['requestMethod', 'GET', /not in this class/],
    ['spt', 70_000, 'no column takes this value in this event'],
    ['spt', '80x', 'does not fit its type, int'],
    ['objectCmd', 'x', 'not a field of this class'],
    ['brandNew', 'x', 'not a field that we know'],
    ['endpointIp', ['10.0.0.1', 'x'], 'what is not an IP address'],
  ])('says_why_something_is_in_unmapped: %s %j', (name, value, reason) => {
    expect(storyOf(name, { ...network, [name]: value })?.unmapped).toEqual(
      typeof reason === 'string' ? reason : expect.stringMatching(reason),
    );
  });

  it('says_which_object_is_left_out_for_want_of_what_OCSF_requires', () => {
    const { processPid: _, processHashId: __, ...nameless } = network;
    expect(storyOf('processCmd', nameless)?.unmapped).toBe(
      'its object actor.process is left out: the event lacks what OCSF requires of it',
    );
  });

  it('says_what_our_own_keys_in_unmapped_mean', () => {
    const seconds = { ...network, lastSeen: sampleTime / 1000, processCmd: 'x'.repeat(300_000) };
    expect(storyOf('tributary.original.lastSeen', seconds)?.unmapped).toBe('what was sent before it was put right');
    expect(storyOf('tributary.truncated', seconds)?.unmapped).toBe('what was cut, with its bytes before');
  });

  it('says_why_an_event_is_rejected_and_what_to_do', () => {
    expect(explain({ ...network, accountId: '1' }, options)).toEqual({
      outcome: 'reject',
      fault: 'invalid-account',
      reason: 'accountId is missing or not 12 digits',
      advice: expect.stringMatching(/Set it to the customer’s account id\.$/),
    });
  });

  it('writes_dt_columns_as_RFC_3339', () => {
    expect(rowAsJson({ time: 0, time_dt: 1, a: { b_dt: 2 } })).toEqual({
      time: 0,
      time_dt: '1970-01-01T00:00:00.001Z',
      a: { b_dt: '1970-01-01T00:00:00.002Z' },
    });
  });

  it('never_throws_whatever_the_event_holds', () => {
    for (const { eventClass, raw } of randomActivities(3, 500)) {
      for (const version of ocsfVersions) explain(raw, { eventClass, version, mapping, now: randomNow });
    }
  });
});

describe('the trace of a row', () => {
  const made = new Set(['observables', 'message', 'unmapped']);
  const leavesOf = (value: OcsfObject, prefix = ''): string[] =>
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'object' && !Array.isArray(inner)
        ? leavesOf(inner as OcsfObject, `${prefix}${name}.`)
        : [`${prefix}${name}`],
    );

  it.each(eventClassNames)('names_a_line_of_the_table_for_every_column: %s', (eventClass) => {
    for (const raw of sampleActivities(eventClass)) {
      const activity = coerceActivity(raw);
      const outcome = normalise(eventClass, '1.3.0', activity, { now: sampleTime });
      if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
      const { values } = outcome.value;
      const paths = traceRow({ eventClass, version: '1.3.0', activity, values }).map(({ path }) => path);
      expect(paths).toEqual(leavesOf(values).filter((path) => !made.has(path.split('.', 1)[0]!)));
    }
  });
});
