import { describe, expect, it } from '@jest/globals';
import { aclRules } from '@tributary/schemas/kafka/acls.ts';
import { aclCommands, aclCsv, aclStrimzi, aclTable, redisCommands, userNames } from './view.ts';

const rules = aclRules();
const plain = userNames('', new Map());

describe('npx tributary acls', () => {
  it('shows_a_person_each_right_of_each_user', () => {
    const text = aclTable(rules, plain);
    expect(text).toMatch(/User:consumer +Read +topic +agent\.dns-activity\n/);
    expect(text).toMatch(/User:flusher +Write +transactional-id +flusher\.ocsf\.dns-activity\.\*\n/);
    expect(text).toMatch(/consumer +GET +\/schemas\/ids\/\*/);
  });

  it('writes_lines_for_kafka_acls_with_every_name_once', () => {
    const lines = aclCommands(rules, plain).split('\n').slice(1);
    const names = lines.flatMap((line) => line.match(/--(topic|group|transactional-id) \S+/g) ?? []);
    expect(names).toHaveLength(rules.length);
    expect(lines).toContainEqual(
      'kafka-acls.sh --bootstrap-server "$BOOTSTRAP" --command-config "$CONFIG" --add --force --allow-principal User:consumer --operation Read --resource-pattern-type literal --group tributary.consumer',
    );
  });

  it('names_users_as_the_cluster_does_and_quotes_what_a_shell_would_read', () => {
    const userOf = userNames('t-', new Map([['consumer', "CN=it's,O=x y"]] as const));
    const lines = aclCommands(rules, userOf);
    expect(lines).toContain(`--allow-principal 'User:CN=it'\\''s,O=x y'`);
    expect(lines).toContain('--allow-principal User:t-flusher ');
    expect(aclCsv(rules, userOf)).toContain(`"User:CN=it's,O=x y",Read,group,literal,tributary.consumer,*\n`);
  });

  it('writes_a_user_of_strimzi_for_each_principal', () => {
    const documents = aclStrimzi(rules, plain, 'main').split('\n---\n');
    expect(documents).toHaveLength(6);
    expect(documents[2]).toContain('name: "flusher"');
    expect(documents[2]).toContain(
      '      - resource: { type: transactionalId, name: "flusher.ocsf.file-activity.", patternType: prefix }\n        operations: [Write]',
    );
  });

  it('gives_the_consumer_no_command_of_redis_that_writes', () => {
    const [consumer] = redisCommands().split('\n');
    expect(consumer).toMatch(/^redis-cli ACL SETUSER consumer reset on ">\$PASSWORD_OF_CONSUMER" '~\{tributary\}:/);
    expect(consumer).not.toMatch(/\+(set|hset|hdel|del|unlink|xadd|eval|incr|pexpire|@)/);
  });
});
