import { describe, expect, it } from '@jest/globals';
import { eventClassNames } from '@tributary/schemas/event-classes.ts';
import { ocsfVersions } from '@tributary/schemas/registration.ts';
import type { Field } from 'apache-arrow';
import { ocsfColumns } from './columns.ts';

const all = ocsfVersions.flatMap((version) =>
  eventClassNames.map((name) => ({ version, name, ...ocsfColumns(name, version) })),
);

function leaves(field: Field, path = field.name): [string, string][] {
  const children: readonly Field[] = field.type.children ?? [];
  if (children.length === 0) return [[path, `${field.type}`]];
  return children.flatMap((child) => leaves(child, `${path}.${child.name}`));
}

const leavesText = (field: Field) => `${field.nullable} ${leaves(field)}`;

describe('the fixed columns', () => {
  it('have_a_fingerprint_of_their_own', () => {
    const prints = all.map(({ fingerprint }) => fingerprint);
    for (const print of prints) expect(print).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(prints).size).toBe(new Set(all.map(({ schema }) => String(schema.fields.map(leavesText)))).size);
  });

  it.each(all.map(({ version, name }) => [version, name] as const))(
    'have_the_types_that_AWS_writes: %s %s',
    (version, name) => {
      const types = Object.fromEntries(ocsfColumns(name, version).schema.fields.flatMap((field) => leaves(field)));
      expect(types).toMatchObject({
        time: 'Int64',
        time_dt: 'Timestamp<MILLISECOND, UTC>',
        activity_id: 'Int32',
        type_uid: 'Int64',
        class_name: 'Utf8',
        'unmapped.entries.key': 'Utf8',
      });
      for (const [path, type] of Object.entries(types)) {
        if (path.endsWith('_dt')) expect(type).toBe('Timestamp<MILLISECOND, UTC>');
        if (/(^|[._])(id|uid)$/.test(path) && path.endsWith('_id')) expect(type).toBe('Int32');
        // Athena takes no other names of columns.
        expect(path).toMatch(/^[a-z0-9_.]+$/);
      }
    },
  );

  it('are_not_null_exactly_where_OCSF_requires_them_of_every_event', () => {
    const { schema } = ocsfColumns('network-activity', '1.1.0');
    const nullable = new Map(schema.fields.map((field) => [field.name, field.nullable]));
    for (const name of ['time', 'class_uid', 'metadata', 'src_endpoint', 'dst_endpoint'])
      expect(nullable.get(name)).toBe(false);
    for (const name of ['time_dt', 'actor', 'device', 'cloud', 'unmapped']) expect(nullable.get(name)).toBe(true);
    const later = ocsfColumns('network-activity', '1.3.0').schema.fields.find(({ name }) => name === 'src_endpoint');
    expect(later!.nullable).toBe(true);
  });
});
