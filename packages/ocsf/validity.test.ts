import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type EventClass, eventClasses, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type OcsfVersion, ocsfVersions } from '@tributary/schemas/registration.ts';
import { Ajv } from 'ajv';
import { type ColumnNode, columnTree } from './column-tree.ts';
import { normalise } from './index.ts';
import type { OcsfObject, OcsfValue } from './mapping/table.ts';
import { sampleActivities, sampleTime } from './samples.ts';

const data = new URL('../../../shared/data/ocsf/', import.meta.url);
const present = existsSync(data);
const suite = present ? describe : describe.skip;
if (!present) console.warn('skipped: the OCSF schemas are not beside the repository (../shared/data/ocsf)');

const read = (name: string) => JSON.parse(readFileSync(new URL(name, data), 'utf8'));

/** As a validator sees a row: times of the datetime profile as RFC 3339. The stored schemas are without the profile cloud. */
function asJson(value: OcsfValue, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => asJson(item));
  if (typeof value === 'object') {
    const entries = Object.entries(value as OcsfObject).filter(([name]) => name !== 'cloud');
    return Object.fromEntries(entries.map(([name, inner]) => [name, asJson(inner, name)]));
  }
  return key.endsWith('_dt') ? new Date(value as number).toISOString() : value;
}

suite('rows of believable activities', () => {
  describe.each(ocsfVersions)('OCSF %s', (version) => {
    it.each(eventClassNames)('are_valid: %s', (eventClass) => {
      const schema = read(`json-schema/${eventClasses[eventClass].classUid}-${version}.json`);
      const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
      for (const raw of sampleActivities(eventClass)) {
        const outcome = normalise(eventClass, version, coerceActivity(raw), { now: sampleTime });
        if (outcome.outcome !== 'ok') throw new Error(`${raw.eventSubId}: ${JSON.stringify(outcome)}`);
        const valid = validate(asJson(outcome.value.values));
        expect({ subId: raw.eventSubId, valid, errors: validate.errors }).toEqual({
          subId: raw.eventSubId,
          valid: true,
          errors: null,
        });
      }
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
    const ocsf = read(`ocsf-${version}.json`);
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
