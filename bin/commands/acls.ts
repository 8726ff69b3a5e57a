import { type AclRule, aclRules, type PrincipalName, principalNames } from '@tributary/schemas/kafka/acls.ts';
import { groupNames } from '@tributary/schemas/kafka/groups.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { aclCommands, aclCsv, aclStrimzi, aclTable, redisCommands, userNames } from '../acls/view.ts';
import { accessOf, type Places, placeOptions } from '../cluster.ts';

interface NameOptions {
  readonly principalPrefix: string;
  readonly principal: ReadonlyMap<PrincipalName, string>;
  readonly only?: PrincipalName;
  readonly consumerGroup: string;
  readonly flusherGroup: string;
}

const rulesOf = ({ only, consumerGroup: consumer, flusherGroup: flusher }: NameOptions): readonly AclRule[] =>
  aclRules({ consumer, flusher }).filter(({ principal }) => only === undefined || principal === only);

const formats = ['table', 'commands', 'strimzi', 'csv', 'redis'] as const;

function show(options: NameOptions & { readonly format: (typeof formats)[number]; readonly cluster: string }): void {
  const rules = rulesOf(options);
  const userOf = userNames(options.principalPrefix, options.principal);
  const views = {
    table: () => aclTable(rules, userOf),
    commands: () => aclCommands(rules, userOf),
    strimzi: () => aclStrimzi(rules, userOf, options.cluster),
    csv: () => aclCsv(rules, userOf),
    redis: redisCommands,
  };
  console.log(views[options.format]());
}

async function apply(options: NameOptions & Places & { readonly dryRun: boolean }): Promise<void> {
  const userOf = userNames(options.principalPrefix, options.principal);
  const wanted = rulesOf(options).map((rule) => ({ ...rule, principal: `User:${userOf(rule.principal)}` }));
  const access = accessOf('acls', options);
  const textOf = ({ principal, operation, resourceType, name, pattern }: (typeof wanted)[number]) =>
    `${principal} ${operation} ${resourceType} ${pattern} ${name}`;
  try {
    const users = [...new Set(wanted.map(({ principal }) => principal))];
    const present = (await Promise.all(users.map((user) => access.list(user)))).flat();
    const [has, wants] = [new Set(present.map(textOf)), new Set(wanted.map(textOf))];
    const missing = wanted.filter((acl) => !has.has(textOf(acl)));
    const surplus = present.filter((acl) => !wants.has(textOf(acl)));
    for (const acl of missing) console.log(`${options.dryRun ? 'would add' : 'adds'} ${textOf(acl)}`);
    for (const acl of surplus) console.log(`not on the list, and left alone: ${textOf(acl)}`);
    if (!options.dryRun) await access.add(missing);
    const verb = options.dryRun ? 'missing' : 'added';
    console.log(`${wanted.length} rights: ${wanted.length - missing.length} there already, ${missing.length} ${verb}.`);
  } finally {
    await access.close();
  }
}

function readPrincipal(text: string, earlier: ReadonlyMap<PrincipalName, string>): Map<PrincipalName, string> {
  const at = text.indexOf('=');
  const name = principalNames.find((one) => one === text.slice(0, at));
  if (name === undefined || at + 1 === text.length)
    throw new InvalidArgumentError(`Write <who>=<user>, where <who> is one of ${principalNames.join(', ')}.`);
  return new Map([...earlier, [name, text.slice(at + 1)]]);
}

const help = `
Each service has a user of its own at Kafka, Redis and the schema registry, who may do what its code does and nothing else. The
list is derived from schemas/kafka (topics, groups, transactional ids), so it is always that of this release: after an
update, look with \`acls apply --dry-run\` whether rights are missing.

  table      everything, for a person
  commands   lines for kafka-acls.sh
  strimzi    a KafkaUser (SCRAM-SHA-512) for each user, for kubectl apply
  csv        principal,operation,resourceType,patternType,name,host
  redis      lines for redis-cli

\`apply\` connects as an administrator of Kafka (KAFKA_SASL_… of the environment), adds what is missing and takes nothing away.

Agents that produce in transactions need Write on their own transactional ids beside this. Where Kafka knows users by their
certificates, name each: --principal consumer=CN=consumer,O=example.

Order in a new region: users, rights, topics, services (deploy/kubernetes/README.md).

Examples:
  npx tributary acls --format commands --principal-prefix tributary-
  npx tributary acls --format strimzi --cluster kafka | kubectl -n kafka apply -f -
  npx tributary acls apply --brokers broker:9093 --dry-run`;

function addNames(command: Command): Command {
  return command
    .option('--principal-prefix <text>', 'before each user’s name', '')
    .option('--principal <who=user>', 'another name for one of them; may be said again', readPrincipal, new Map())
    .addOption(new Option('--only <who>', 'only the rights of this one').choices(principalNames))
    .addOption(
      new Option('--consumer-group <name>', 'GROUP_ID of the consumers')
        .default(groupNames.consumer)
        .env('CONSUMER_GROUP_ID'),
    )
    .addOption(
      new Option('--flusher-group <name>', 'GROUP_ID of the flushers')
        .default(groupNames.flusher)
        .env('FLUSHER_GROUP_ID'),
    );
}

/** `tributary acls`: who may do what in Kafka, Redis and the schema registry. */
export function add(program: Command) {
  const acls = program
    .command('acls')
    .description('who may do what in Kafka, Redis and the schema registry: shows it, or gives it to Kafka')
    .usage('[show options] | apply [options]')
    .addHelpText('after', help);
  addNames(acls.command('show', { isDefault: true }).description('prints the list (what `acls` alone does)'))
    .addOption(new Option('--format <name>', 'how').choices(formats).default('table'))
    .option('--cluster <name>', 'of Strimzi: the Kafka resource', 'kafka')
    .action(show);
  const places = placeOptions();
  addNames(acls.command('apply').description('adds the rights that Kafka lacks'))
    .option('--dry-run', 'only say what is missing', false)
    .addOption(places.dir)
    .addOption(places.brokers)
    .action(apply);
}
