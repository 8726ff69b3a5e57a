import { describe, expect, it } from '@jest/globals';
import { type AclRule, aclRules, principalNames } from './acls.ts';
import { groupsOf, transactionalIds } from './groups.ts';
import { topics } from './topics.ts';

const rules = aclRules();
const who = (operation: AclRule['operation'], name: string) =>
  rules.filter((rule) => rule.operation === operation && rule.name === name).map(({ principal }) => principal);

describe('who may do what in Kafka', () => {
  it.each(topics.map((topic) => [topic.name, topic] as const))(
    'lets_exactly_its_writers_write_%s',
    (name, { writers }) => {
      expect(who('Write', name).sort()).toEqual([...writers].sort());
    },
  );

  it.each(topics.map((topic) => [topic.name, topic] as const))(
    'lets_exactly_its_readers_and_who_commits_its_offsets_read_%s',
    (name, { readers }) => {
      const committers = groupsOf().flatMap((group) => (group.topics.includes(name) ? group.committers : []));
      expect(who('Read', name).sort()).toEqual([...new Set([...readers, ...committers])].sort());
    },
  );

  it('lets_only_the_topic_job_make_topics', () => {
    const makers = rules.filter(({ operation }) => operation === 'Create');
    expect(new Set(makers.map(({ principal }) => principal))).toEqual(new Set(['topics']));
    expect(makers.map(({ name }) => name).sort()).toEqual(topics.map(({ name }) => name).sort());
  });

  it('knows_every_name_of_the_contracts_as_a_principal', () => {
    const named = [
      ...topics.flatMap(({ writers, readers, watchers }) => [...writers, ...readers, ...watchers]),
      ...groupsOf().flatMap(({ committers, watchers }) => [...committers, ...watchers]),
      ...transactionalIds.flatMap(({ users }) => users),
    ];
    expect(principalNames).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  it('says_nothing_twice_and_nothing_that_another_rule_allows', () => {
    const keys = rules.map((rule) => JSON.stringify(rule));
    expect(new Set(keys).size).toBe(keys.length);
    const describes = rules.filter(({ operation }) => operation === 'Describe');
    for (const { principal, name, resourceType } of describes) {
      const others = rules.filter((rule) => rule.principal === principal && rule.name === name);
      const stronger = others.filter((rule) => rule.resourceType === resourceType && /Read|Write/.test(rule.operation));
      expect(stronger).toEqual([]);
    }
  });

  it('uses_a_prefix_only_where_a_number_follows', () => {
    const prefixed = rules.filter(({ pattern }) => pattern === 'prefixed');
    expect(new Set(prefixed.map(({ resourceType }) => resourceType))).toEqual(new Set(['transactional-id']));
    for (const { name } of prefixed) expect(name).toMatch(/^flusher\.ocsf\.[a-z-]+\.$/);
  });

  it('takes_the_groups_that_the_services_are_told_to_use', () => {
    const other = aclRules({ consumer: 'c', flusher: 'f' });
    const groups = other.filter(({ resourceType }) => resourceType === 'group').map(({ name }) => name);
    expect(new Set(groups)).toEqual(new Set(['c', 'f', 'tributary.registrations']));
  });
});
