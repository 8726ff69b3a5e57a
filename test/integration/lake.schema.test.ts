import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeObject } from '@tributary/lake';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { encodeHandoff, normalise } from '@tributary/ocsf';
import { pinnedSchemaFile } from '@tributary/ocsf/mapping-schema.ts';
import { sampleActivities, sampleTime } from '@tributary/ocsf/samples.fixture.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { coerceActivity } from '@tributary/schemas/kafka/activity.ts';
import { type OcsfVersion, ocsfVersions, registrationId } from '@tributary/schemas/registration.ts';
import { parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';

const account = '012345678901';

/** A Parquet file of samples, as a flusher writes it. */
async function parquetOf(
  eventClass: EventClass,
  ocsfVersion: OcsfVersion,
  samples: readonly Readonly<Record<string, unknown>>[],
): Promise<ArrayBuffer> {
  const registration = registrationId(account, eventClass);
  const rows = samples.map((raw, sourceOffset) => {
    const outcome = normalise(eventClass, ocsfVersion, coerceActivity(raw), { now: sampleTime });
    if (outcome.outcome !== 'ok') throw new Error(JSON.stringify(outcome));
    const origin = { registration, generation: 1, sourcePartition: 0, sourceOffset, sourceEpoch: 0 };
    return { ...origin, objectAccount: account, row: outcome.value };
  });
  const messages = [encodeHandoff({ eventClass, ocsfVersion, rows })];
  const every = { message: rows.map(() => 0), row: rows.map((_, row) => row) };
  return (await encodeObject({ messages, rows: every })).bytes.buffer;
}

/** The columns of a Parquet file in the words of the pinned schemas. */
function columnLines({ element, children }: SchemaTree, prefix: string): string[] {
  const { name, type, converted_type: logical, repetition_type: repetition } = element;
  const path = `${prefix}${name}`;
  const always = repetition === 'REQUIRED' ? ', never null' : '';
  if (logical === 'MAP') return [`${path}: map of string to string${always}`];
  if (logical === 'LIST') {
    const item = children[0]!.children[0]!;
    if (item.children.length === 0) return [`${path}: list of ${scalarOf(item)}${always}`];
    const within = item.children.flatMap((child) => columnLines(child, `${path}[].`));
    return [`${path}: list of objects${always}`, ...within];
  }
  if (type === undefined)
    return [`${path}: object${always}`, ...children.flatMap((one) => columnLines(one, `${path}.`))];
  return [`${path}: ${scalarOf({ element })}${always}`];
}

function scalarOf({ element: { type, converted_type: logical } }: Pick<SchemaTree, 'element'>): string {
  const names: Readonly<Record<string, string>> = {
    'BYTE_ARRAY UTF8': 'string',
    'INT32 ': 'int32',
    'INT64 ': 'int64',
    'BOOLEAN ': 'boolean',
    'INT64 TIMESTAMP_MILLIS': 'timestamp in ms, UTC',
  };
  return names[`${type} ${logical ?? ''}`] ?? `${type} ${logical}`;
}

describe('a Parquet file', () => {
  const cases = eventClassNames.flatMap((name) => ocsfVersions.map((version) => [name, version] as const));

  it.each(cases)('has_the_pinned_columns_whatever_is_in_its_rows: %s in OCSF %s', async (eventClass, version) => {
    const pinned = readFileSync(
      join(repositoryRoot, 'docs/mapping/schema', pinnedSchemaFile(eventClass, version)),
      'utf8',
    );
    const samples = sampleActivities(eventClass);
    for (const own of [samples, samples.slice(-1)]) {
      const { children } = parquetSchema(parquetMetadata(await parquetOf(eventClass, version, own)));
      const lines = children.flatMap((child) => columnLines(child, ''));
      expect(lines).toEqual(pinned.trimEnd().split('\n').slice(2));
    }
  });
});
