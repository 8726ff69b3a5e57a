/** Judges rows by OCSF's JSON schema, and by its dictionary for what that schema doesn't say. */
import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { readOcsf, validatorOf } from './ajv.fixture.ts';
import type { OcsfObject, OcsfValue } from './mapping/table.ts';
import type { OcsfRow } from './normalise.ts';

/** Where a row breaks OCSF's rules, and how. */
export interface Fault {
  readonly path: string;
  readonly wrong: unknown;
}

interface Attribute {
  readonly type: string;
  readonly object?: string;
  readonly array?: boolean;
  readonly requirement: string;
  readonly profiles?: readonly string[];
  readonly enum?: Readonly<Record<string, string>>;
  /** The attribute that holds the caption of this one's number. */
  readonly sibling?: string;
}

interface OcsfObjectRules {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly constraints?: { readonly at_least_one?: readonly string[] } | null;
}

interface Dictionary {
  readonly classes: Readonly<Record<string, OcsfObjectRules>>;
  readonly objects: Readonly<Record<string, OcsfObjectRules>>;
  readonly types: Readonly<
    Record<
      string,
      { readonly type?: string; readonly regex?: string; readonly max_len?: number; readonly range?: [number, number] }
    >
  >;
}

/**
 * Finds all faults of a row of this class and version; none when it is valid. Made once, used for every row. The JSON
 * schemas lack the profile cloud, and what types allow (ranges, patterns, lengths): that is judged by the dictionary.
 */
export function judgeOf(eventClass: EventClass, version: OcsfVersion): (row: OcsfRow) => readonly Fault[] {
  const errorsOf = validatorOf(eventClass, version);
  const dictionary: Dictionary = readOcsf(`ocsf-${version}.json`);
  const judge = new DictionaryJudge(dictionary);
  const rules = dictionary.classes[eventClasses[eventClass].schemaName]!;
  return (row) => {
    const faults: Fault[] = errorsOf(row).map((wrong) => ({ path: '', wrong }));
    const { metadata } = row.values as { metadata: { profiles: readonly string[] } };
    if (metadata.profiles.includes('cloud') !== 'cloud' in row.values)
      faults.push({ path: 'metadata.profiles', wrong: 'cloud' });
    judge.object(rules, row.values, '', metadata.profiles, faults);
    return faults;
  };
}

/**
 * What the dictionary says that is not asked here, on purpose: OCSF's pattern of `hostname_t` has no underscore and no
 * final dot, and real names do (`_ldap._tcp.example.com.`); `string_t` ends at 65,535 characters, and we keep 256 KB.
 */
const lenient = new Set(['hostname_t', 'string_t']);
const { isArray } = Array;
const { keys } = Object;
const { isSafeInteger } = Number;

class DictionaryJudge {
  readonly #dictionary: Dictionary;
  readonly #required = new Map<OcsfObjectRules, readonly string[]>();
  readonly #scalars = new Map<string, (value: OcsfValue) => boolean>();

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  object(rules: OcsfObjectRules, value: OcsfObject, path: string, profiles: readonly string[], faults: Fault[]): void {
    for (const name of this.#requiredBy(rules)) {
      const { profiles: only } = rules.attributes[name]!;
      const asked = only === undefined || only.some((profile) => profiles.includes(profile));
      if (asked && value[name] === undefined) faults.push({ path: `${path}${name}`, wrong: 'missing' });
    }
    const some = rules.constraints?.at_least_one;
    if (some !== undefined && !some.some((name) => value[name] !== undefined))
      faults.push({ path: path.slice(0, -1), wrong: `none of ${some}` });
    for (const name of keys(value)) {
      if (name === 'unmapped' && path === '') continue;
      const attribute = rules.attributes[name];
      if (attribute === undefined) faults.push({ path: `${path}${name}`, wrong: 'no attribute of OCSF' });
      else this.#attribute(attribute, value[name]!, path, name, profiles, faults);
      if (attribute?.sibling !== undefined && attribute.enum !== undefined && value[name] !== 99) {
        const caption = attribute.enum[value[name] as number];
        if (value[attribute.sibling] !== caption)
          faults.push({ path: `${path}${attribute.sibling}`, wrong: 'caption' });
      }
    }
  }

  #requiredBy(rules: OcsfObjectRules): readonly string[] {
    let required = this.#required.get(rules);
    if (required === undefined) {
      required = keys(rules.attributes).filter((name) => rules.attributes[name]!.requirement === 'required');
      this.#required.set(rules, required);
    }
    return required;
  }

  #attribute(
    attribute: Attribute,
    value: OcsfValue,
    path: string,
    name: string,
    profiles: readonly string[],
    faults: Fault[],
  ): void {
    if (isArray(value) !== (attribute.array ?? false)) {
      faults.push({ path: `${path}${name}`, wrong: 'a list, or none' });
      return;
    }
    const items = (isArray(value) ? value : [value]) as readonly OcsfValue[];
    if (attribute.object !== undefined) {
      const rules = this.#dictionary.objects[attribute.object]!;
      for (const item of items) this.object(rules, item as OcsfObject, `${path}${name}.`, profiles, faults);
      return;
    }
    const fits = this.#scalarOf(attribute.type);
    const known = attribute.enum;
    for (const item of items) {
      if (!fits(item))
        faults.push({ path: `${path}${name}`, wrong: `${String(item).slice(0, 80)} is no ${attribute.type}` });
      else if (known !== undefined && typeof item === 'number' && !Object.hasOwn(known, item))
        faults.push({ path: `${path}${name}`, wrong: `${item} is no value of the enum` });
    }
  }

  #scalarOf(name: string): (value: OcsfValue) => boolean {
    let fits = this.#scalars.get(name);
    if (fits === undefined) {
      fits = remembering(this.#made(name));
      this.#scalars.set(name, fits);
    }
    return fits;
  }

  #made(name: string): (value: OcsfValue) => boolean {
    const { type: base = name, regex, max_len: lengthMax = Infinity, range } = this.#dictionary.types[name]!;
    if (name === 'json_t') return () => true;
    if (name === 'boolean_t') return (value) => typeof value === 'boolean';
    // Rows have instants as ms; the JSON schema sees them as RFC 3339.
    if (name === 'datetime_t')
      return (value) => isSafeInteger(value) && !Number.isNaN(new Date(value as number).getTime());
    if (base === 'integer_t') {
      const [min, max] = range ?? [-(2 ** 31), 2 ** 31 - 1];
      return (value) => isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    }
    if (base === 'long_t') return (value) => isSafeInteger(value);
    if (lenient.has(name)) return (value) => typeof value === 'string';
    const pattern = regex === undefined ? undefined : new RegExp(regex);
    return (value) => typeof value === 'string' && value.length <= lengthMax && (pattern?.test(value) ?? true);
  }
}

/** Asks once for each of the first values: OCSF's pattern of an address takes its time. */
function remembering(fits: (value: OcsfValue) => boolean): (value: OcsfValue) => boolean {
  const known = new Map<OcsfValue, boolean>();
  return (value) => {
    let answer = known.get(value);
    if (answer !== undefined) return answer;
    answer = fits(value);
    if (known.size < 1_000) known.set(value, answer);
    return answer;
  };
}
