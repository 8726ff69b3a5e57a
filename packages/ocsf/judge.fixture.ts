/** Judges rows by OCSF's JSON schema, and what the stored schemas lack (the profile cloud) by OCSF's dictionary. */
import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { readOcsf, validatorOf } from './ajv.fixture.ts';
import type { OcsfValue } from './mapping/table.ts';
import type { OcsfRow } from './normalise.ts';

/** Where a row breaks OCSF's rules, and how. */
export interface Fault {
  readonly index?: number;
  readonly path: string;
  readonly wrong: unknown;
}

interface Attribute {
  readonly type: string;
  readonly object?: string;
  readonly array?: boolean;
  readonly requirement: string;
  readonly enum?: Readonly<Record<string, string>>;
}

interface Dictionary {
  readonly objects: Readonly<
    Record<
      string,
      {
        readonly attributes: Readonly<Record<string, Attribute>>;
        readonly constraints: { readonly at_least_one?: readonly string[] } | null;
      }
    >
  >;
}

/** Finds all faults of a row of this class and version; none when it is valid. Made once, used for every row. */
export function judgeOf(eventClass: EventClass, version: OcsfVersion): (row: OcsfRow) => readonly Fault[] {
  const errorsOf = validatorOf(eventClass, version);
  const dictionary: Dictionary = readOcsf(`ocsf-${version}.json`);
  return (row) => {
    const bySchema = errorsOf(row).map((wrong) => ({ path: '', wrong }));
    const { cloud, metadata } = row.values as { cloud?: OcsfValue; metadata: { profiles: readonly string[] } };
    const listed = metadata.profiles.includes('cloud');
    const profile = listed === (cloud !== undefined) ? [] : [{ path: 'metadata.profiles', wrong: 'cloud' }];
    const byDictionary = cloud === undefined ? [] : objectFaults(dictionary, 'cloud', cloud, 'cloud');
    return [...bySchema, ...profile, ...byDictionary];
  };
}

function objectFaults(dictionary: Dictionary, object: string, value: OcsfValue, path: string): Fault[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [{ path, wrong: 'no object' }];
  const { attributes, constraints } = dictionary.objects[object]!;
  const own = new Map(Object.entries(value));
  const missing = Object.entries(attributes)
    .filter(([name, { requirement }]) => requirement === 'required' && !own.has(name))
    .map(([name]) => ({ path: `${path}.${name}`, wrong: 'missing' }));
  const some = constraints?.at_least_one;
  const none = some === undefined || some.some((name) => own.has(name)) ? [] : [{ path, wrong: `none of ${some}` }];
  const within = [...own].flatMap(([name, inner]) =>
    attributeFaults(dictionary, attributes[name], inner, `${path}.${name}`),
  );
  return [...missing, ...none, ...within];
}

function attributeFaults(
  dictionary: Dictionary,
  attribute: Attribute | undefined,
  value: OcsfValue,
  path: string,
): Fault[] {
  if (attribute === undefined) return [{ path, wrong: 'no attribute of OCSF' }];
  if (Array.isArray(value) !== (attribute.array ?? false)) return [{ path, wrong: 'a list, or none' }];
  if (attribute.object !== undefined) {
    const items: readonly OcsfValue[] = Array.isArray(value) ? value : [value];
    return items.flatMap((item) => objectFaults(dictionary, attribute.object!, item, path));
  }
  const known = attribute.enum === undefined || Object.hasOwn(attribute.enum, String(value));
  const wanted = /^(integer|long|port|timestamp)_t$/.test(attribute.type) ? 'number' : 'string';
  if (typeof value !== wanted) return [{ path, wrong: `no ${attribute.type}` }];
  return known ? [] : [{ path, wrong: `${value} is no value of the enum` }];
}
