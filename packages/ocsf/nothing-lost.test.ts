/** What an agent says is in the row: in a column, or under the agent's own name in `unmapped`. */
import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { agentFieldNames, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import { normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

/** Says whose event it is, which and when: another value is another event, or none. */
const identity: readonly AgentFieldName[] = ['accountId', 'eventId', 'eventSubId', 'eventTime'];

/** A value of the field's type that nothing else in an activity has, and the text by which it is found again. */
function marked(name: AgentFieldName, at: number): { readonly value: unknown; readonly mark: string } | undefined {
  const { type } = agentFields[name];
  const text = `zz-${name}`;
  const number = 700_000_000 + at;
  if (type === 'boolean' || type === 'booleans') return undefined;
  if (type === 'string') return { value: text, mark: text };
  if (type === 'strings') return { value: [text, `${text}-2`], mark: `${text}-2` };
  const time = sampleTime + number;
  return type === 'time' ? { value: time, mark: String(time) } : { value: number, mark: String(number) };
}

const fields = agentFieldNames.filter((name) => !identity.includes(name));

describe.each(ocsfVersions)('an activity in OCSF %s', (version) => {
  it.each(eventClassNames)('loses_no_field_of_whatever_value: %s', (eventClass) => {
    for (const raw of sampleActivities(eventClass)) {
      for (const [at, name] of fields.entries()) {
        const own = marked(name, at);
        if (own === undefined) continue;
        const outcome = normalise(eventClass, version, coerceActivity({ ...raw, [name]: own.value }), {
          now: sampleTime,
        });
        // Nonsense in a field that OCSF requires is rejected with the original bytes.
        if (outcome.outcome !== 'ok') continue;
        const { observables: _, message: __, ...said } = outcome.value.values;
        if (JSON.stringify(said).includes(own.mark)) continue;
        expect({ subId: raw.eventSubId, lost: name }).toBeUndefined();
      }
    }
  });
});
