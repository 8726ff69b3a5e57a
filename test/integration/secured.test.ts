import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Completeness } from '@tributary/local/demo/completeness.ts';
import {
  type CustomSource,
  customerClients,
  type DemoCustomer,
  makeLake,
  register,
} from '@tributary/local/demo/customer.ts';
import { startFeeding } from '@tributary/local/demo/demo.ts';
import { LakeContents } from '@tributary/local/demo/lake-contents.ts';
import { Observer } from '@tributary/local/demo/observer.ts';
import { readEndpoints } from '@tributary/local/endpoints.ts';
import { simulate } from '@tributary/local/feed/simulate.ts';
import { type RunningServices, type ServiceName, startServices } from '@tributary/local/services.ts';
import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { type AclRule, aclRules, principalNames } from '@tributary/schemas/kafka/acls.ts';
import { flusherTransactionalId } from '@tributary/schemas/kafka/groups.ts';
import { agentTopic, handoffTopic, registrationsTopic } from '@tributary/schemas/kafka/topics.ts';
import { redisKeys } from '@tributary/schemas/redis/keys.ts';
import { requestKeys } from '@tributary/schemas/redis/request-keys.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsStream } from '@tributary/stream';
import { Redis } from 'ioredis';
import { sumOf } from '../fault/metrics-page.ts';
import { until } from '../fault/until.ts';
import { actOf, acts } from '../tools/secured/acts.ts';
import { forbidden } from '../tools/secured/forbidden.ts';
import { hasOpenssl } from '../tools/secured/identity.ts';
import { SecuredStack } from '../tools/secured/secured-stack.ts';
import { TokenServer } from '../tools/secured/token-server.ts';

const securedIt = hasOpenssl ? it : it.skip;
const securedEach = hasOpenssl ? it.each : it.skip.each;
const windowSeconds = 3;
const waitMs = 120_000;
const testMs = 240_000;
/** What Kafka answers to who may not, as our errors tell it. */
const refused = /AUTHORIZATION_FAILED/;
const eventClass: EventClass = 'file-activity';

const demo: DemoCustomer = {
  account: String(randomInt(1e11, 1e12)),
  bucketName: `aws-security-data-lake-us-east-1-secured-${randomBytes(4).toString('hex')}`,
  eventClasses: [eventClass],
};

describe('Kafka, Redis and registry with TLS, users and rights (skipped where there is no openssl)', () => {
  const tokens = new TokenServer();
  const proof = new Completeness((account, name) => account === demo.account && name === eventClass);
  let stack: SecuredStack;
  let services: RunningServices | undefined;
  let clients: ReturnType<typeof customerClients> | undefined;
  let observer: Observer;
  let apiKey: string;
  let sources: CustomSource[];

  beforeAll(async () => {
    if (!hasOpenssl) return;
    await tokens.start();
    stack = await SecuredStack.start({ jwksUrl: tokens.jwksUrl, issuer: tokens.issuer, audience: tokens.audience });
    await stack.run('admin', 'acls', 'apply');
    await stack.run('topics', 'topics', 'create');
    services = await startServices({
      dir: stack.dir,
      windowSeconds,
      replicas: { flusher: 2 },
      env: { SESSION_SECONDS: '6' },
      envOf: (name) => stack.env(name.replace(/-\d+$/, '') as ServiceName),
    });
    clients = customerClients(stack.endpoints);
  }, testMs);

  afterAll(async () => {
    await services?.stop();
    clients?.close();
    await stack?.stop();
    await tokens.stop();
  }, testMs);

  const feed = (count: number) => {
    const run = `secured-${randomBytes(4).toString('hex')}`;
    const common = { accounts: [demo.account], hostsPerAccount: 5, run, seed: 1, startMs: Date.now(), stepMs: 10 };
    const records = () => simulate({ ...common, count });
    const options = { dir: stack.dir, run, records, ratePerSecond: 200, jsonShare: 0.3 };
    return startFeeding(options, stack.endpoints, stack.streamOf('agents'), proof, new AbortController().signal);
  };
  const waiting = async () => {
    await observer.look();
    return proof.totals().reduce((sum, totals) => sum + totals.waiting, 0);
  };
  const settled = () => until('every event in the lake', waitMs, async () => (await waiting()) === 0);
  const metric = async (service: string, name: string, labels: Record<string, string>) => {
    const base = (readEndpoints(stack.dir).metrics as Record<string, string>)[service];
    const page = await fetch(`${base}/metrics`).catch(() => undefined);
    return page?.ok ? sumOf(await page.text(), name, labels) : 0;
  };

  securedIt(
    'delivers_each_event_once_though_a_flusher_is_killed_with_every_process_as_a_user_of_its_own',
    async () => {
      apiKey = (await stack.run('operator', 'keys', 'create', '--account', demo.account)).split('\n')[0]!;
      sources = await makeLake(stack.endpoints, demo);
      await register(readEndpoints(stack.dir), demo, apiKey, sources);
      const ours = sources.map((source) => ({ ...source, account: demo.account, bucketName: demo.bucketName }));
      observer = new Observer({
        ...{ stream: stack.streamOf('admin'), lake: new LakeContents(clients!.s3), sources: ours, proof },
        rejectedFrom: 0,
      });
      await feed(600);
      await until('a first object', waitMs, async () => {
        await observer.look();
        return proof.totals().some(({ delivered }) => delivered > 0);
      });
      await services!.stopOne('flusher-1', true);
      await feed(600);
      await settled();
      expect(proof.wrong()).toEqual([]);
      expect(proof.totals().find((totals) => totals.eventClass === eventClass)!.delivered).toBeGreaterThan(200);
    },
    testMs,
  );

  securedIt(
    'pauses_and_says_which_right_is_missing_when_one_is_taken_away_and_goes_on_when_it_is_back',
    async () => {
      const topic = handoffTopic(eventClass);
      const right = { principal: 'User:consumer', operation: 'Write', resourceType: 'topic', name: topic } as const;
      const acl = { ...right, pattern: 'literal' } as const;
      await stack.access.remove([acl]);
      await feed(100);
      await until('the consumer pauses', waitMs, async () => {
        return (await metric('consumer', 'tributary_consumer_paused', { fault: 'kafka-refuses' })) === 1;
      });
      const ready = await fetch(`${readEndpoints(stack.dir).metrics!.consumer}/readyz`);
      expect(await ready.text()).toContain('kafka-refuses');
      await stack.access.add([acl]);
      await settled();
      expect(proof.wrong()).toEqual([]);
    },
    testMs,
  );

  securedIt(
    'throws_a_window_away_while_a_flusher_may_not_commit_and_delivers_it_once_when_it_may',
    async () => {
      const name = flusherTransactionalId(eventClass, 0).replace(/0$/, '');
      const right = { principal: 'User:flusher', operation: 'Write', resourceType: 'transactional-id', name } as const;
      const acl = { ...right, pattern: 'prefixed' } as const;
      await stack.access.remove([acl]);
      await feed(100);
      await until('the flusher starts over', waitMs, async () => {
        return (await metric('flusher-2', 'tributary_flusher_restarts_total', { fault: 'kafka-refuses' })) > 0;
      });
      await stack.access.add([acl]);
      await settled();
      expect(proof.wrong()).toEqual([]);
    },
    testMs,
  );

  securedIt(
    'lets_the_operator_look_at_what_is_rejected_send_it_again_replay_and_audit',
    async () => {
      const publisher = stack.streamOf('agents').publisher();
      const poison = { topic: agentTopic(eventClass), partition: 0, key: 'x', value: '{no json' };
      const [offset] = await publisher.publish([poison]).finally(() => publisher.close());
      const event = `${eventClass}/0/${offset}`;
      const listed = () => stack.run('operator', 'rejected', 'list', '--json');
      await until('the poison is rejected', waitMs, async () => (await listed()).includes(event));
      expect(await stack.run('operator', 'rejected', 'show', event)).toContain('undecodable-json');
      expect(await stack.run('operator', 'rejected', 'requeue', event)).toMatch(/1/);
      const times = ['--from', new Date(Date.now() - 3_600_000).toISOString(), '--limit', '100000'];
      const which = ['--account', demo.account, '--class', eventClass, ...times];
      await stack.run('operator', 'replay', ...which);
      expect(await stack.run('operator', 'replay', 'list')).toContain(eventClass);
      expect(await stack.run('operator', 'audit', '--account', demo.account)).toContain('key.create');
      expect(await stack.run('operator', 'keys', 'list', '--account', demo.account)).toContain('valid');
      await stack.run('operator', 'registrations', 'rebuild');
      expect(await stack.run('admin', 'acls', 'apply', '--dry-run')).toContain(' 0 missing');
    },
    testMs,
  );

  securedIt(
    'answers_with_an_error_while_it_may_not_journal_a_registration_and_takes_it_when_it_may',
    async () => {
      const right = { principal: 'User:registration', operation: 'Write', resourceType: 'topic' } as const;
      const acl = { ...right, name: registrationsTopic, pattern: 'literal' } as const;
      const another = { ...demo, eventClasses: ['dns-activity'] as const };
      const registering = () => register(readEndpoints(stack.dir), another, apiKey, sources);
      await stack.access.remove([acl]);
      await until('it is refused', waitMs, () =>
        registering().then(
          () => false,
          (error: Error) => /\(5\d\d\)/.test(error.message),
        ),
      );
      await stack.access.add([acl]);
      await until('it is taken', waitMs, () =>
        registering().then(
          () => true,
          () => false,
        ),
      );
    },
    testMs,
  );

  securedEach(forbidden)(
    'refuses_%s_to_%s',
    async (user, _, act) => {
      await expect(act(stack.streamOf(user))).rejects.toThrow(refused);
    },
    testMs,
  );

  securedIt(
    'lets_nobody_in_without_a_password_or_with_another_ones',
    async () => {
      const connection = { brokers: [stack.endpoints.kafka], clientId: 'x', ssl: { ca: stack.cert }, log: silentLog };
      const sasl = { mechanism: 'scram-sha-512', username: 'consumer', password: stack.passwordOf('agents') } as const;
      const ends = (other: object) =>
        acts.ends(createKafkajsStream({ ...connection, ...other }), agentTopic(eventClass));
      await expect(ends({ sasl })).rejects.toThrow(/[Aa]uthentication/);
      await expect(ends({})).rejects.toThrow();
      await expect(ends({ ssl: true, sasl })).rejects.toThrow();
    },
    testMs,
  );

  securedIt(
    'lets_each_user_of_redis_do_only_what_its_service_does',
    async () => {
      const as = (username: string, password: string) =>
        new Redis({ host: '127.0.0.1', port: stack.redisPort, username, password, tls: { ca: stack.cert } });
      const consumer = as('consumer', stack.passwordOf('consumer'));
      const registration = as('registration', stack.passwordOf('registration'));
      const operator = as('operator', stack.passwordOf('operator'));
      try {
        await expect(consumer.get(redisKeys.version)).resolves.toMatch(/^\d+$/);
        await expect(consumer.set(redisKeys.version, '0')).rejects.toThrow('NOPERM');
        await expect(consumer.del(redisKeys.sentinel)).rejects.toThrow('NOPERM');
        await expect(consumer.hscan(redisKeys.apiKeys, 0)).rejects.toThrow('NOPERM');
        await expect(registration.flushall()).rejects.toThrow('NOPERM');
        await expect(registration.get('other')).rejects.toThrow('NOPERM');
        await expect(operator.get(requestKeys.answer(demo.account, 'x'))).rejects.toThrow('NOPERM');
        await expect(operator.call('ACL', 'LIST')).rejects.toThrow('NOPERM');
      } finally {
        for (const redis of [consumer, registration, operator]) redis.disconnect();
      }
    },
    testMs,
  );

  securedIt(
    'knows_users_by_tokens_that_it_can_check_and_gives_them_the_same_rights',
    async () => {
      const as = (endpoint: string) =>
        createKafkajsStream({
          ...{ brokers: [stack.endpoints.kafka], clientId: 'token', ssl: { ca: stack.cert }, log: silentLog },
          sasl: { mechanism: 'oauthbearer', endpoint, clientId: 'consumer', clientSecret: 'secret', scope: 'kafka' },
        });
      await acts.read(as(tokens.endpoint()), agentTopic(eventClass));
      await expect(acts.write(as(tokens.endpoint()), agentTopic(eventClass))).rejects.toThrow('AUTHORIZATION_FAILED');
      await expect(acts.ends(as(tokens.endpoint('forged')), agentTopic(eventClass))).rejects.toThrow();
      await expect(acts.ends(as(tokens.endpoint('expired')), agentTopic(eventClass))).rejects.toThrow();
    },
    testMs,
  );

  // What is so for one event class is so for all: their rights are made by the same line.
  const isOfAnother = ({ name }: AclRule) =>
    eventClassNames.some((other) => other !== eventClass && name.includes(`.${other}`));
  const rules = aclRules().filter((rule) => !isOfAnother(rule));

  securedEach(principalNames)(
    'keeps_%s_from_what_a_right_is_for_once_it_is_taken_away',
    async (principal) => {
      await services?.stop();
      services = undefined;
      const stream = stack.streamOf(principal);
      for (const rule of rules.filter((one) => one.principal === principal)) {
        const acl = { ...rule, principal: `User:${principal}` };
        const weaker = /Read|Write/.test(rule.operation) ? [{ ...acl, operation: 'Describe' as const }] : [];
        const act = actOf(rule, stack.access);
        const works = () =>
          act(stream).then(
            () => true,
            (error: Error) => {
              if (!refused.test(error.message)) throw error;
              return false;
            },
          );
        const what = `${rule.operation} ${rule.resourceType} ${rule.name}`;
        if (!(await works())) await until(`${what} is allowed`, waitMs, works);
        await stack.access.add(weaker);
        await stack.access.remove([acl]);
        await until(`${what} is refused`, waitMs, async () => !(await works()));
        await stack.access.add([acl]);
        await stack.access.remove(weaker);
        await until(`${what} is allowed again`, waitMs, works);
      }
    },
    testMs,
  );
});
