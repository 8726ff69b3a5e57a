import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { captioned, derived, type Entry, listed } from './table.ts';

type TextField = { [Name in keyof Activity]: Activity[Name] extends string | undefined ? Name : never }[keyof Activity];

/** The agent's fields about one user. */
export interface UserFields {
  readonly name: TextField & FieldName;
  readonly domain?: TextField & FieldName;
  readonly group?: TextField & FieldName;
}
type FieldName = Exclude<keyof Activity, 'unmapped'>;

const systemUsers = new Set(['system', 'local service', 'network service', 'localsystem']);

/** A user at `path`. `DOMAIN\name` is split where the agent gives no domain beside the name. */
export function user(path: string, fields: UserFields): Entry[] {
  const domainOf = (a: Activity) => fields.domain && a[fields.domain];
  const nameOf = (a: Activity) => {
    const text = a[fields.name];
    if (text === undefined || domainOf(a) !== undefined || domainIn(text) === undefined) return text;
    return text.slice(text.lastIndexOf('\\') + 1);
  };
  const { group } = fields;
  const uses = fields.domain === undefined ? [fields.name] : [fields.name, fields.domain];
  return [
    derived(`${path}.name`, 'without its domain', uses, nameOf, [fields.name]),
    derived(
      `${path}.domain`,
      'beside the name, or before its backslash',
      uses,
      (a) => domainOf(a) ?? domainIn(a[fields.name]),
      fields.domain ? [fields.domain] : [],
    ),
    ...captioned(`${path}.type_id`, 'type', 'System and root by name', uses, (a) => typeOf(nameOf(a)), []),
    ...(group === undefined
      ? []
      : [
          listed(`${path}.groups`, ['name'], 'its group', [group], (a) => {
            const name = a[group];
            return name === undefined ? undefined : [{ name }];
          }),
        ]),
  ];
}

function typeOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (systemUsers.has(name.toLowerCase())) return 3;
  return name === 'root' ? 2 : undefined;
}

function domainIn(name: string | undefined): string | undefined {
  const at = name?.lastIndexOf('\\') ?? -1;
  return name === undefined || at <= 0 || at === name.length - 1 ? undefined : name.slice(0, at);
}
