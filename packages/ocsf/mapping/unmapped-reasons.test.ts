import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity, fieldsOf } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { normalise } from '../normalise.ts';
import { sampleActivities, sampleTime } from '../samples.fixture.ts';
import { mappingTables } from './tables.ts';
import { unmappedReason, unmappedReasonTexts } from './unmapped-reasons.ts';

function carriedIn(eventClass: EventClass): ReadonlySet<AgentFieldName> {
  const names = mappingTables[eventClass].columns.flatMap(({ source }): readonly AgentFieldName[] =>
    source.from === 'field' ? [source.field] : source.from === 'derived' ? source.carries : [],
  );
  return new Set(names);
}

describe.each(eventClassNames)('the fields of %s', (eventClass) => {
  const carried = carriedIn(eventClass);

  it.each(fieldsOf(eventClass))('are_either_mapped_or_unmapped_with_a_reason: %s', (name) => {
    expect({ name, mapped: carried.has(name) }).toEqual({
      name,
      mapped: unmappedReason(eventClass, name) === undefined,
    });
  });

  it('are_kept_in_part_only_where_they_are_mapped', () => {
    for (const { kept } of mappingTables[eventClass].kept) expect(carried).toContain(kept);
  });

  it.each(ocsfVersions)('are_in_unmapped_where_there_is_a_reason: OCSF %s', (version) => {
    for (const name of fieldsOf(eventClass).filter((own) => unmappedReason(eventClass, own) !== undefined)) {
      const value = valueFor(name);
      for (const raw of sampleActivities(eventClass)) {
        const outcome = normalise(eventClass, version, coerceActivity({ ...raw, [name]: value }), { now: sampleTime });
        if (outcome.outcome !== 'ok') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
        expect(outcome.value.values.unmapped).toHaveProperty([name]);
      }
    }
  });
});

function valueFor(name: AgentFieldName): unknown {
  const { type } = agentFields[name];
  if (type === 'booleans' || type === 'boolean') return true;
  return type === 'string' || type === 'strings' ? 'x' : sampleTime % 2 ** 31;
}

describe('reasons', () => {
  it('are_all_used', () => {
    const used = eventClassNames.flatMap((eventClass) =>
      fieldsOf(eventClass).map((name) => unmappedReason(eventClass, name)),
    );
    for (const reason of Object.keys(unmappedReasonTexts)) expect(used).toContain(reason);
  });
});
