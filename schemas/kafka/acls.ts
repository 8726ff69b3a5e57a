import { type GroupNames, groupNames, groupsOf, transactionalIds } from './groups.ts';
import { topics } from './topics.ts';

/** Who connects to Kafka: each has a user of its own. Nothing else needs one: metrics come from the services. */
export const principals = {
  agents: 'producers of endpoint activity',
  consumer: 'services/consumer',
  flusher: 'services/flusher',
  registration: 'services/registration',
  topics: 'the job that makes topics (npx tributary topics create)',
  operator: 'all other commands of an operator (keys, registrations, rejected, replay, parked, audit)',
} as const;

export type PrincipalName = keyof typeof principals;
/** Their names, in the order in which they are shown. */
export const principalNames = Object.keys(principals) as PrincipalName[];

/** One thing that one principal may do, by Kafka's own names. Whatever is not listed is refused. */
export interface AclRule {
  readonly principal: PrincipalName;
  readonly operation: 'Read' | 'Write' | 'Describe' | 'Create';
  readonly resourceType: 'topic' | 'group' | 'transactional-id';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
}

/** Read and Write allow Describe too (https://kafka.apache.org/documentation/#operations_in_kafka). */
const allowsDescribe = (operation: AclRule['operation']) => operation === 'Read' || operation === 'Write';

const isSameResource = (one: AclRule, other: AclRule) =>
  one.principal === other.principal && one.resourceType === other.resourceType && one.name === other.name;

/**
 * Who may do what in Kafka, derived from who writes, reads and watches each topic, group and transactional id. Nothing is
 * in it twice, and nothing that another rule of it allows already. No rule is about the cluster: idempotent producers
 * need none from Kafka 2.8 on (KIP-679).
 */
export function aclRules(names: GroupNames = groupNames): readonly AclRule[] {
  const wanted = [...ofTopics(), ...ofGroups(names), ...ofTransactionalIds()];
  const rules = wanted.filter((rule, at) => wanted.findIndex((other) => isSame(rule, other)) === at);
  const isAllowed = (rule: AclRule) =>
    rule.operation === 'Describe' &&
    rules.some((other) => isSameResource(rule, other) && allowsDescribe(other.operation));
  return rules
    .filter((rule) => !isAllowed(rule))
    .sort((one, other) => principalNames.indexOf(one.principal) - principalNames.indexOf(other.principal));
}

const isSame = (one: AclRule, other: AclRule) => isSameResource(one, other) && one.operation === other.operation;

const rulesFor = (who: readonly string[], what: Omit<AclRule, 'principal'>): AclRule[] =>
  who.map((principal) => ({ principal: principal as PrincipalName, ...what }));

function ofTopics(): AclRule[] {
  return topics.flatMap(({ name, writers, readers, watchers }) => {
    const topic = { resourceType: 'topic', name, pattern: 'literal' } as const;
    return [
      ...rulesFor(writers, { ...topic, operation: 'Write' }),
      ...rulesFor(readers, { ...topic, operation: 'Read' }),
      ...rulesFor(watchers, { ...topic, operation: 'Describe' }),
      ...rulesFor(['topics'], { ...topic, operation: 'Create' }),
      ...rulesFor(['topics'], { ...topic, operation: 'Describe' }),
    ];
  });
}

/** Kafka lets nobody commit an offset who may not read its topic, nor see one who may not describe it. */
function ofGroups(names: GroupNames): AclRule[] {
  return groupsOf(names).flatMap(({ name, topics: ofGroup, committers, watchers }) =>
    (
      [
        [committers, 'Read'],
        [watchers, 'Describe'],
      ] as const
    ).flatMap(([who, operation]) => [
      ...rulesFor(who, { resourceType: 'group', name, pattern: 'literal', operation }),
      ...ofGroup.flatMap((topic) =>
        rulesFor(who, { resourceType: 'topic', name: topic, pattern: 'literal', operation }),
      ),
    ]),
  );
}

function ofTransactionalIds(): AclRule[] {
  return transactionalIds.flatMap(({ name, pattern, users }) =>
    rulesFor(users, { resourceType: 'transactional-id', name, pattern, operation: 'Write' }),
  );
}
