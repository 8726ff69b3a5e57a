import { describe, expect, it } from '@jest/globals';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { normalise } from '../normalise.ts';
import { sampleActivities, sampleTime } from '../samples.fixture.ts';
import type { OcsfObject, OcsfValue } from './table.ts';
import { valueRules } from './value-rules.ts';

function valueAt(values: OcsfObject, path: string): OcsfValue | undefined {
  return path
    .split('.')
    .reduce<OcsfValue | undefined>((value, name) => (value as OcsfObject | undefined)?.[name], values);
}

describe.each(ocsfVersions)('bad values in OCSF %s', (version) => {
  it.each(valueRules.map((rule) => [rule.arrives, rule.fate, rule] as const))('%s: %s', (_, fate, { example }) => {
    const { eventClass, sends, column, unmapped, fault } = example();
    const raw = { ...sampleActivities(eventClass)[0]!, ...sends };
    const outcome = normalise(eventClass, version, coerceActivity(raw), { now: sampleTime });
    if (outcome.outcome !== 'ok') {
      expect([fate, outcome]).toMatchObject(['rejected', { outcome: 'reject', fault }]);
      return;
    }
    const { values } = outcome.value;
    expect(fault).toBeUndefined();
    if (column !== undefined) expect(valueAt(values, column[0])).toEqual(column[1]);
    for (const [key, text] of Object.entries(unmapped ?? {})) {
      if (text === null) expect(values.unmapped).not.toHaveProperty([key]);
      else expect(values.unmapped).toHaveProperty([key], text);
    }
    // What the column has, `unmapped` doesn't repeat, unless it was another before.
    if (fate === 'repaired' || fate === 'taken') {
      for (const name of Object.keys(sends)) expect(values.unmapped).not.toHaveProperty([name]);
    }
  });
});

describe('the table of rules', () => {
  it('says_of_each_rule_what_its_fate_needs', () => {
    for (const { arrives, fate, example } of valueRules) {
      const { column, unmapped, fault } = example();
      expect({ arrives, fault: fault !== undefined }).toEqual({ arrives, fault: fate === 'rejected' });
      if (fate === 'kept') expect(Object.values(unmapped ?? {})).toEqual([expect.any(String)]);
      if (fate === 'repaired' || fate === 'taken') expect(column?.[1]).toBeDefined();
      if (fate === 'absent') expect(column?.[1]).toBeUndefined();
    }
  });

  it('has_every_rule_once', () => {
    const all = valueRules.map(({ arrives }) => arrives);
    expect(new Set(all).size).toBe(all.length);
  });
});
