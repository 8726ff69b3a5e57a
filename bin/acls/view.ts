import { type AclRule, type PrincipalName, principalNames, principals } from '@tributary/schemas/kafka/acls.ts';
import { redisUsers, setUserWords } from '@tributary/schemas/redis/acl.ts';
import { registryAccess } from '@tributary/schemas/registry.ts';
import { textTable } from '../text-table.ts';

/** How a cluster names its users: Kafka’s principal without `User:`. */
export type UserOf = (principal: PrincipalName) => string;

/** A prefix for all, and names for single ones, which stand as they are. */
export function userNames(prefix: string, named: ReadonlyMap<PrincipalName, string>): UserOf {
  return (principal) => named.get(principal) ?? `${prefix}${principal}`;
}

interface Grouped extends Omit<AclRule, 'name'> {
  readonly names: readonly string[];
}

/** Rules that differ in the name alone, together. */
function grouped(rules: readonly AclRule[]): Grouped[] {
  const keyOf = ({ name: _, ...rest }: AclRule) => JSON.stringify(Object.values(rest));
  return [...Map.groupBy(rules, keyOf).values()].map((group) => {
    const { name: _, ...rest } = group[0]!;
    return { ...rest, names: group.map(({ name }) => name) };
  });
}

const shown = (pattern: AclRule['pattern'], name: string) => (pattern === 'prefixed' ? `${name}*` : name);

/** What a person reads: a line for each thing that each user may do, in Kafka, Redis and the schema registry. */
export function aclTable(rules: readonly AclRule[], userOf: UserOf): string {
  const users = principalNames.map((name) => `  ${userOf(name)}: ${principals[name]}`);
  const kafka = rules.map(({ principal, operation, resourceType, name, pattern }) => [
    ...[`User:${userOf(principal)}`, operation, resourceType, shown(pattern, name)],
  ]);
  const redis = redisUsers.map(({ name, keys, commands }) => [name, keys.join(' '), [...commands].sort().join(' ')]);
  const registry = registryAccess.map(({ user, method, path }) => [user, method, path]);
  return [
    `Users of Kafka:\n${users.join('\n')}`,
    textTable([['Kafka', 'may', 'of', 'name'], ...kafka]),
    textTable([['Redis', 'keys', 'commands'], ...redis]),
    textTable([['schema registry', 'may', 'of'], ...registry]),
  ].join('\n\n');
}

/** Lines for a shell: the prompt’s user puts the addresses into two variables, and pastes them. */
export function aclCommands(rules: readonly AclRule[], userOf: UserOf): string {
  const lines = grouped(rules).map(({ principal, operation, resourceType, names, pattern }) =>
    [
      'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$CONFIG" --add --force',
      `--allow-principal ${quoted(`User:${userOf(principal)}`)} --operation ${operation}`,
      `--resource-pattern-type ${pattern}`,
      ...names.map((name) => `--${resourceType} ${quoted(name)}`),
    ].join(' '),
  );
  return [
    '# As an administrator: BOOTSTRAP=broker:9093, CONFIG=a file with its security.protocol and sasl.* (see Kafka’s manual).',
    ...lines,
  ].join('\n');
}

const quoted = (text: string) => (/^[\w.:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** For other tools: one right a line. */
export function aclCsv(rules: readonly AclRule[], userOf: UserOf): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = rules.map(({ principal, operation, resourceType, name, pattern }) =>
    [`User:${userOf(principal)}`, operation, resourceType, pattern, name, '*'].map(cell).join(','),
  );
  return ['principal,operation,resourceType,patternType,name,host', ...lines].join('\n');
}

const strimziTypes = { topic: 'topic', group: 'group', 'transactional-id': 'transactionalId' } as const;

/** A KafkaUser of Strimzi for each principal; Strimzi makes its password. */
export function aclStrimzi(rules: readonly AclRule[], userOf: UserOf, cluster: string): string {
  const documents = principalNames.map((principal) => {
    const acls = rules
      .filter((rule) => rule.principal === principal)
      .map(
        ({ resourceType, name, pattern, operation }) =>
          `      - resource: { type: ${strimziTypes[resourceType]}, name: ${JSON.stringify(name)}, patternType: ${pattern === 'prefixed' ? 'prefix' : 'literal'} }\n` +
          `        operations: [${operation}]`,
      );
    return [
      'apiVersion: kafka.strimzi.io/v1beta2',
      'kind: KafkaUser',
      'metadata:',
      `  name: ${JSON.stringify(userOf(principal))}`,
      '  labels:',
      `    strimzi.io/cluster: ${JSON.stringify(cluster)}`,
      'spec:',
      '  authentication:',
      '    type: scram-sha-512',
      '  authorization:',
      '    type: simple',
      '    acls:',
      ...acls,
    ].join('\n');
  });
  return documents.join('\n---\n');
}

/** Lines for redis-cli; passwords stand in variables of the shell. */
export function redisCommands(): string {
  return redisUsers
    .map((user) => {
      const [name, reset, on, , ...rest] = setUserWords(user, '');
      const words = rest.map((word) => `'${word}'`).join(' ');
      return `redis-cli ACL SETUSER ${name} ${reset} ${on} ">$PASSWORD_OF_${user.name.toUpperCase()}" ${words}`;
    })
    .join('\n');
}
