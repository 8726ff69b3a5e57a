import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import { readOcsf, schemasPresent, validatorOf } from './ajv.fixture.ts';
import { type ColumnNode, columnTree } from './column-tree.ts';
import { normalise } from './normalise.ts';
import { sampleActivities, sampleTime } from './samples.fixture.ts';

const suite = schemasPresent ? describe : describe.skip;

suite('rows of believable activities', () => {
  describe.each(ocsfVersions)('OCSF %s', (version) => {
    it.each(eventClassNames)('are_valid: %s', (eventClass) => {
      const errorsOf = validatorOf(eventClass, version);
      for (const raw of sampleActivities(eventClass)) {
        const outcome = normalise(eventClass, version, coerceActivity(raw), { now: sampleTime });
        if (outcome.outcome !== 'ok') throw new Error(`${raw.eventSubId}: ${JSON.stringify(outcome)}`);
        expect({ subId: raw.eventSubId, errors: errorsOf(outcome.value) }).toEqual({
          subId: raw.eventSubId,
          errors: [],
        });
      }
    });

    it('are_refused_by_the_schema_when_a_required_column_is_missing', () => {
      const outcome = normalise('dns-activity', version, coerceActivity(sampleActivities('dns-activity')[0]!), {
        now: sampleTime,
      });
      if (outcome.outcome !== 'ok') throw new Error(outcome.outcome);
      const { severity_id: _, ...values } = outcome.value.values;
      expect(validatorOf('dns-activity', version)({ time: 0, values })).toHaveLength(1);
    });
  });
});

interface Facts {
  readonly attributes: Readonly<
    Record<
      string,
      { type: string; object?: string; array?: boolean; requirement: string; enum?: object; profiles?: string[] }
    >
  >;
}

suite('the facts we wrote down', () => {
  const cases = ocsfVersions.flatMap((version) => eventClassNames.map((eventClass) => ({ version, eventClass })));
  it.each(cases)('agree_with_OCSF_$version: $eventClass', ({ version, eventClass }) => {
    const ocsf = readOcsf(`ocsf-${version}.json`);
    const owner: Facts = ocsf.classes[eventClasses[eventClass].schemaName];
    compare(ocsf, owner, columnTree(eventClass, version), version, eventClass);
  });
});

function compare(
  ocsf: { objects: Record<string, Facts> },
  owner: Facts,
  nodes: readonly ColumnNode[],
  version: OcsfVersion,
  eventClass: EventClass,
): void {
  for (const node of nodes) {
    const attribute = owner.attributes[node.name];
    expect({
      path: node.path,
      type: attribute?.object ?? attribute?.type,
      list: attribute?.array ?? false,
      requirement: attribute?.profiles?.includes('cloud') ? 'optional' : attribute?.requirement,
    }).toEqual({ path: node.path, type: node.type, list: node.list, requirement: node.requirement });
    if (attribute?.enum && node.captions) expect(node.captions).toEqual(attribute.enum);
    if (node.children !== undefined) compare(ocsf, ocsf.objects[node.type]!, node.children, version, eventClass);
  }
  const names = nodes.map(({ name }) => name);
  const required = Object.entries(owner.attributes).filter(([, a]) => a.requirement === 'required' && !a.profiles);
  for (const [name] of required) expect(names).toContain(name);
}
