import type { Activity } from '@tributary/schemas/kafka/activity.ts';
import { type Condition, captioned, derived, type Entry, listed, when } from './table.ts';

type TextField = { [Name in keyof Activity]: Activity[Name] extends string | undefined ? Name : never }[keyof Activity];

/** The agent's fields about one user. */
export interface UserFields {
  readonly name: TextField & FieldName;
  readonly domain?: TextField & FieldName;
  readonly group?: TextField & FieldName;
}
type FieldName = Exclude<keyof Activity, 'unmapped'>;

const systemUsers = new Set(['system', 'local service', 'network service', 'localsystem']);
/** Windows names the domain of its own accounts in the language of the endpoint; only system accounts are in it. */
const systemDomains = new Set([
  'nt authority',
  'nt service',
  'nt-autorität',
  'autorité nt',
  'autorite nt',
  'autoridade nt',
  'autoridad nt',
]);

/** A user at `path`. `DOMAIN\name` is split where the agent gives no domain beside the name. */
export function user(path: string, fields: UserFields): Entry[] {
  const { group } = fields;
  const uses = fields.domain === undefined ? [fields.name] : [fields.name, fields.domain];
  const domainOf = (a: Activity) => domainFor(a[fields.name], fields.domain && a[fields.domain]);
  const nameOf = (a: Activity) => nameFor(a[fields.name], fields.domain && a[fields.domain]);
  return [
    derived(`${path}.name`, 'without its domain', uses, nameOf, [fields.name]),
    derived(
      `${path}.domain`,
      'beside the name, or before its backslash',
      uses,
      domainOf,
      fields.domain ? [fields.domain] : [],
    ),
    ...captioned(
      `${path}.type_id`,
      'type',
      'System and root by name, System by Windows’ own domains',
      uses,
      (a) => typeOf(nameOf(a), domainOf(a)),
      [],
    ),
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

/** The user logged on to the endpoint, where there is one only: then it is certain. */
export function onlyUserLoggedOn(path: string, condition: Condition): Entry[] {
  const uses = ['logonUser', 'userDomain'] as const;
  const domainBeside = ({ logonUser, userDomain }: Activity) => only(logonUser) && only(userDomain);
  return when(condition, [
    derived(`${path}.name`, 'the only user logged on', uses, (a) => nameFor(only(a.logonUser), domainBeside(a)), [
      'logonUser',
    ]),
    derived(`${path}.domain`, 'its domain', uses, (a) => domainFor(only(a.logonUser), domainBeside(a)), ['userDomain']),
  ]);
}

function only(items: readonly string[] | undefined): string | undefined {
  return items?.length === 1 ? items[0] : undefined;
}

/** What `DOMAIN\name` says beside `domain`: the name alone, unless its domain is another. */
function nameFor(name: string | undefined, domain: string | undefined): string | undefined {
  const own = domainIn(name);
  if (own === undefined || (domain !== undefined && domain.toLowerCase() !== own.toLowerCase())) return name;
  return name!.slice(own.length + 1);
}

function domainFor(name: string | undefined, domain: string | undefined): string | undefined {
  return domain ?? domainIn(name);
}

/** Accounts of computers end with a dollar sign. */
function typeOf(name: string | undefined, domain: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (systemUsers.has(name.toLowerCase()) || name.endsWith('$')) return 3;
  if (domain !== undefined && systemDomains.has(domain.toLowerCase())) return 3;
  return name === 'root' ? 2 : undefined;
}

function domainIn(name: string | undefined): string | undefined {
  const at = name?.lastIndexOf('\\') ?? -1;
  return name === undefined || at <= 0 || at === name.length - 1 ? undefined : name.slice(0, at);
}
