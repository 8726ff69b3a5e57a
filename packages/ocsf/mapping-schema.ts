import type { EventClass } from '@tributary/schemas/event-classes.ts';
import type { OcsfVersion } from '@tributary/schemas/registration.ts';
import { type Field, Type } from 'apache-arrow';
import { ocsfColumns } from './columns.ts';

/** The file in `docs/mapping/schema` that pins the columns of a class in a version. */
export function pinnedSchemaFile(eventClass: EventClass, version: OcsfVersion): string {
  return `${eventClass}-${version}.txt`;
}

/**
 * The fixed columns of a class in a version, for people and for the test that pins them: the fingerprint, then a line for
 * each column in its order: path (`[]` for the items of a list), type, and whether it is never null.
 */
export function pinnedSchema(eventClass: EventClass, version: OcsfVersion): string {
  const { schema, fingerprint } = ocsfColumns(eventClass, version);
  const lines = schema.fields.flatMap((field) => columnLines(field, ''));
  return `fingerprint ${fingerprint}\n\n${lines.join('\n')}\n`;
}

function columnLines(field: Field, prefix: string): string[] {
  const path = `${prefix}${field.name}`;
  const kind = field.type.typeId;
  const always = field.nullable ? '' : ', never null';
  const children = (field.type.children ?? []) as readonly Field[];
  const [first] = children;
  if (kind === Type.Struct)
    return [`${path}: object${always}`, ...children.flatMap((one) => columnLines(one, `${path}.`))];
  if (kind === Type.Map) return [`${path}: map of string to string${always}`];
  if (kind !== Type.List) return [`${path}: ${scalarNames[String(field.type)] ?? String(field.type)}${always}`];
  const items = first!.type.children ?? [];
  if (items.length === 0)
    return [`${path}: list of ${scalarNames[String(first!.type)] ?? String(first!.type)}${always}`];
  const within = (items as readonly Field[]).flatMap((one) => columnLines(one, `${path}[].`));
  return [`${path}: list of objects${always}`, ...within];
}

/** Arrow's scalar types as a reader of the Parquet file knows them. */
const scalarNames: Readonly<Record<string, string>> = {
  Utf8: 'string',
  Int32: 'int32',
  Int64: 'int64',
  Bool: 'boolean',
  'Timestamp<MILLISECOND, UTC>': 'timestamp in ms, UTC',
};
