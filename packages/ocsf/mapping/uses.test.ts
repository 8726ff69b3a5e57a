/**
 * The columnar engine computes a column once for each distinct combination of the fields that its source declares. A
 * derivation that looks at another field would give one event's value to another event.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type Activity, agentFieldNames, coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import { classFacts } from '@tributary/schemas/ocsf/facts.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import fc from 'fast-check';
import { sampleActivities } from '../samples.fixture.ts';
import { mappingTables } from './tables.ts';

interface Rule {
  readonly what: string;
  readonly uses: readonly AgentFieldName[];
  readonly presenceOf: readonly AgentFieldName[];
  readonly call: (activity: Activity) => unknown;
}

function rulesOf(eventClass: EventClass, version: OcsfVersion): Rule[] {
  const facts = classFacts(eventClass, version);
  const { columns, kept, message } = mappingTables[eventClass];
  return [
    ...columns.flatMap(({ path, source }): Rule[] => {
      if (source.from !== 'derived') return [];
      return [{ what: path, uses: source.uses, presenceOf: [], call: (a) => source.derive(a, facts) }];
    }),
    ...columns.flatMap(({ when }): Rule[] => (when ? [{ ...when, what: when.rule, call: when.holds }] : [])),
    ...kept.map((rule): Rule => ({ what: `kept ${rule.kept}`, presenceOf: [], ...rule, call: rule.derive })),
    ...message.flatMap((part): Rule[] => {
      if (typeof part === 'string' || !('derive' in part)) return [];
      return [{ what: `message: ${part.rule}`, uses: part.uses, presenceOf: [], call: (a) => part.derive(a, facts) }];
    }),
  ];
}

/** The activity as a rule may see it: throws when it looks at a field that it doesn't declare. */
function seenBy({ what, uses, presenceOf }: Rule, activity: Activity): Activity {
  const refuse = (name: string | symbol): never => {
    throw new Error(`${what} looks at ${String(name)}, which it doesn't declare`);
  };
  return new Proxy(activity, {
    get: (target, name) =>
      ([...uses, ...presenceOf] as (string | symbol)[]).includes(name) ? Reflect.get(target, name) : refuse(name),
    has: (_, name) => refuse(name),
    ownKeys: () => refuse('all fields'),
  });
}

/** The same fields are there, but those of which only presence counts hold other values. */
function otherwise(activity: Activity, names: readonly AgentFieldName[]): Activity {
  const changed = names.filter((name) => activity[name] !== undefined).map((name) => [name, 'another']);
  return { ...activity, ...Object.fromEntries(changed) };
}

function check(rules: readonly Rule[], activity: Activity): void {
  for (const rule of rules) {
    const value = rule.call(seenBy(rule, activity));
    const presence = rule.presenceOf.filter((name) => !rule.uses.includes(name));
    const again = rule.call(seenBy(rule, otherwise(activity, presence)));
    if (isDeepStrictEqual(again, value)) continue;
    throw new Error(`${rule.what} looks at more than the presence of ${presence}`);
  }
}

const odd = fc.oneof(
  fc.constantFrom('', '\\', 'x\\', '\\x', '::', '/', '1795168800', -1, 2 ** 40, 0, true, null, '\u0000'),
  fc.string(),
  fc.integer(),
  fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
);

const cases = eventClassNames.flatMap((eventClass) => ocsfVersions.map((version) => ({ eventClass, version })));

describe.each(cases)('the rules of $eventClass in OCSF $version', ({ eventClass, version }) => {
  const rules = rulesOf(eventClass, version);

  it('look_at_nothing_that_they_do_not_declare', () => {
    for (const raw of sampleActivities(eventClass)) check(rules, coerceActivity(raw));
  });

  it('do_so_whatever_the_fields_hold', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom(...agentFieldNames), odd), { maxLength: 20 });
    const samples = fc.constantFrom(...sampleActivities(eventClass), {});
    fc.assert(
      fc.property(samples, changes, (raw, changed) => {
        check(rules, coerceActivity({ ...raw, ...Object.fromEntries(changed) }));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the check itself', () => {
  const activity = coerceActivity({ processPid: 4, processName: 'a' });
  const rule: Rule = { what: 'x', uses: ['processPid'], presenceOf: ['processName'], call: (a) => a.processPid };

  it('finds_a_look_at_a_field_that_is_not_declared', () => {
    expect(() => check([{ ...rule, call: (a) => a.osName }], activity)).toThrow('looks at osName');
    expect(() => check([{ ...rule, call: (a) => Object.keys(a) }], activity)).toThrow('looks at all fields');
  });

  it('finds_a_look_at_a_value_of_which_only_presence_counts', () => {
    expect(() => check([{ ...rule, call: (a) => a.processName }], activity)).toThrow('more than the presence');
    expect(() => check([{ ...rule, call: (a) => a.processName !== undefined }], activity)).not.toThrow();
  });
});
