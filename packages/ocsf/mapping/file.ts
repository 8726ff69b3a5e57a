import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import type { AgentFieldName } from '@tributary/schemas/kafka/activity-fields.ts';
import {
  type Condition,
  captioned,
  derived,
  digests,
  type Entry,
  field,
  instant,
  type Kept,
  since,
  when,
} from './table.ts';
import { baseName, extensionOf, folderOf, isHex, isPath, withoutStream } from './text.ts';
import { user } from './user.ts';

type Named<Type> = {
  [Name in keyof Activity]: Activity[Name] extends Type | undefined ? Name : never;
}[keyof Activity] &
  AgentFieldName;
/** Names of the agent's fields that hold text, and those that hold a number. */
export type TextField = Named<string>;
export type NumberField = Named<number>;

/** The agent's fields about one file. */
export interface FileFields {
  readonly path: TextField;
  readonly uid: TextField;
  readonly name?: TextField;
  readonly hashes?: { readonly md5: TextField; readonly sha1: TextField; readonly sha256: TextField };
  readonly size: NumberField;
  readonly created: NumberField;
  readonly modified: NumberField;
  readonly owner: TextField;
}

const algorithms = [
  { key: 'md5', digits: 32, id: 1, caption: 'MD5' },
  { key: 'sha1', digits: 40, id: 2, caption: 'SHA-1' },
  { key: 'sha256', digits: 64, id: 3, caption: 'SHA-256' },
] as const;

const pathOf = (activity: Activity, fields: FileFields): string | undefined => {
  const name = fields.name && activity[fields.name];
  return activity[fields.path] ?? (name !== undefined && isPath(name) ? name : undefined);
};

const nameOf = (activity: Activity, fields: FileFields): string | undefined => {
  const text = activity[fields.path] ?? (fields.name && activity[fields.name]);
  return text === undefined ? undefined : (baseName(text) ?? text);
};

/**
 * A file at `path`. It is a regular file where that is certain (`image`: a process runs it; or it has a hash); else its
 * type is unknown, for it may be a folder.
 */
export function file(path: string, fields: FileFields, image: boolean): Entry[] {
  const { hashes } = fields;
  const sources: AgentFieldName[] = fields.name ? [fields.path, fields.name] : [fields.path];
  const entries = [
    derived(`${path}.name`, 'last part of the path', sources, (a) => nameOf(a, fields)),
    derived(`${path}.path`, 'the path', sources, (a) => pathOf(a, fields)),
    derived(
      `${path}.parent_folder`,
      'the path without its last part',
      sources,
      (a) => {
        const whole = pathOf(a, fields);
        return whole === undefined ? undefined : folderOf(whole);
      },
      [],
    ),
    ...since('1.3.0', [
      derived(
        `${path}.ext`,
        'extension',
        sources,
        (a) => {
          const name = nameOf(a, fields);
          if (name === undefined) return undefined;
          return extensionOf(pathOf(a, fields)?.startsWith('/') ? name : withoutStream(name));
        },
        [],
      ),
    ]),
    ...(image ? fileType(path, 1) : hashes === undefined ? fileType(path, 0) : fileTypeByHash(path, hashes)),
    field(`${path}.uid`, fields.uid),
    field(`${path}.size`, fields.size),
    ...instant(`${path}.created_time`, fields.created),
    ...instant(`${path}.modified_time`, fields.modified),
    ...user(`${path}.owner`, { name: fields.owner }),
  ];
  return hashes === undefined ? entries : [...entries, fingerprints(path, hashes)];
}

function fileType(path: string, id: 0 | 1): Entry[] {
  const rule = id === 1 ? 'Regular File' : 'Unknown';
  return captioned(`${path}.type_id`, 'type', rule, [], () => id);
}

/** What has a hash is a regular file. */
function fileTypeByHash(path: string, hashes: NonNullable<FileFields['hashes']>): Entry[] {
  const presenceOf = [hashes.md5, hashes.sha1, hashes.sha256];
  const hashed: Condition = {
    rule: 'with a hash',
    uses: [],
    presenceOf,
    holds: (a) => presenceOf.some((name) => a[name] !== undefined),
  };
  return [...when(hashed, fileType(path, 1)), ...fileType(path, 0)];
}

function fingerprints(path: string, hashes: NonNullable<FileFields['hashes']>): Entry {
  return digests(
    `${path}.hashes`,
    'those that are whole',
    algorithms.map(({ key, digits, id, caption }) => {
      return { field: hashes[key], digits, constants: { algorithm_id: id, algorithm: caption } };
    }),
  );
}

/** What the columns of a file cannot hold: hashes that are not whole, a name that is not the path's. */
export function fileKept(fields: FileFields): Kept[] {
  const { hashes } = fields;
  const broken = (hashes === undefined ? [] : algorithms).map(({ key, digits }): Kept => {
    const kept = hashes![key];
    return {
      kept,
      rule: `not ${digits} hex digits`,
      uses: [kept],
      unlessDigits: digits,
      derive: (a) => (isHex(a[kept], digits) ? undefined : a[kept]),
    };
  });
  return fields.name === undefined ? broken : [...broken, otherName(fields.name, fields.path)];
}

/** Keeps a name that says something else than the path beside it. */
export function otherName(name: TextField, path: TextField): Kept {
  return {
    kept: name,
    rule: 'other than the path',
    uses: [name, path],
    derive: (a) => {
      const text = a[name];
      const whole = a[path];
      if (text === undefined || whole === undefined || text === whole || text === baseName(whole)) return undefined;
      return text;
    },
  };
}
