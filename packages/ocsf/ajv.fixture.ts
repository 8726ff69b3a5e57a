/** Reads OCSF's own JSON schemas, for tests: they lie beside the repository, and may be absent. */
import { existsSync, readFileSync } from 'node:fs';
import { type EventClass, eventClasses } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { Ajv } from 'ajv';
import type { OcsfObject, OcsfValue } from './mapping/table.ts';
import type { OcsfRow } from './normalise.ts';

const data = new URL('../../../shared/data/ocsf/', import.meta.url);

/** False where the schemas are absent; says so once. */
export const schemasPresent = existsSync(data);
if (!schemasPresent) console.warn('skipped: the OCSF schemas are not beside the repository (../shared/data/ocsf)');

/** A file of the OCSF data, parsed. */
export function readOcsf(name: string) {
  return JSON.parse(readFileSync(new URL(name, data), 'utf8'));
}

/** Says what OCSF's JSON schema (draft-07, profiles host and datetime) finds wrong with a row; nothing when it is valid. */
export function validatorOf(eventClass: EventClass, version: OcsfVersion): (row: OcsfRow) => readonly unknown[] {
  const schema = readOcsf(`json-schema/${eventClasses[eventClass].classUid}-${version}.json`);
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return ({ values }) => (validate(asJson(values)) ? [] : validate.errors!);
}

// Jest looks globals up slowly.
const { isArray } = Array;
const { keys } = Object;

/**
 * A row as a validator sees it: times of the datetime profile as RFC 3339, and no cloud, for the stored schemas lack that
 * profile. Written as loops: it runs for each of a hundred thousand rows.
 */
function asJson(value: OcsfValue): unknown {
  if (typeof value !== 'object') return value;
  if (isArray(value)) return typeof value[0] === 'object' ? value.map(asJson) : value;
  const made: Record<string, unknown> = {};
  const object = value as OcsfObject;
  for (const name of keys(object)) {
    const inner = object[name]!;
    if (name === 'cloud') continue;
    if (name === 'unmapped') made[name] = inner;
    else made[name] = name.endsWith('_dt') ? new Date(inner as number).toISOString() : asJson(inner);
  }
  return made;
}
