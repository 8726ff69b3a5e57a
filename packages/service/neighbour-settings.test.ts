import { describe, expect, it } from '@jest/globals';
import { kafkaConnection, kafkaRules, kafkaSettings } from './kafka-settings.ts';
import { redisConnection, redisRules, redisSettings } from './redis-settings.ts';
import { registryConnection, registryRules, registrySettings } from './registry-settings.ts';
import { readSettings } from './settings.ts';

type Env = Record<string, string>;
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const readFile = (path: string) => {
  if (path === '/ca.pem') return pem;
  if (path === '/empty.pem') return '';
  throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
};
const kafka = (env: Env) => kafkaConnection(readSettings(kafkaSettings, env, [kafkaRules]), readFile);
const registry = (env: Env) => registryConnection(readSettings(registrySettings, env, [registryRules]), readFile);
const redis = (env: Env) => redisConnection(readSettings(redisSettings, env, [redisRules]), readFile);

const remote = { KAFKA_BROKERS: 'a.example:9092, b.example:9093' };
const scram = {
  ...remote,
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'consumer',
  KAFKA_SASL_PASSWORD: 'hunter2',
};
const oauth = {
  ...remote,
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_ENDPOINT: 'https://login.example/token',
  KAFKA_OAUTH_CLIENT_ID: 'tributary',
  KAFKA_OAUTH_CLIENT_SECRET: 'hunter2',
};

describe('a Kafka cluster', () => {
  it('is_reached_with_TLS_unless_every_broker_is_on_this_machine', () => {
    expect(kafka(remote)).toEqual({ brokers: ['a.example:9092', 'b.example:9093'], ssl: true });
    expect(kafka({ KAFKA_BROKERS: '127.0.0.1:9092,localhost:9093,[::1]:9092' })).not.toHaveProperty('ssl');
    expect(kafka({ KAFKA_BROKERS: '127.0.0.1:9092,a.example:9092' })).toHaveProperty('ssl', true);
    expect(kafka({ KAFKA_BROKERS: '127.0.0.1:9092', KAFKA_TLS: 'true' })).toHaveProperty('ssl', true);
  });

  it('is_never_reached_without_TLS_elsewhere', () => {
    for (const brokers of ['a.example:9092', '127.0.0.1:9092,a.example:9092', '127.0.0.1.example:9092'])
      expect(() => kafka({ KAFKA_BROKERS: brokers, KAFKA_TLS: 'false' })).toThrow(/KAFKA_TLS = false.*Allowed: true/);
  });

  it('is_trusted_by_the_authorities_of_a_file', () => {
    expect(kafka({ ...remote, KAFKA_CA_FILE: '/ca.pem' })).toHaveProperty('ssl', { ca: pem });
    expect(() => kafka({ ...remote, KAFKA_CA_FILE: '/none.pem' })).toThrow(/KAFKA_CA_FILE = "\/none.pem".*ENOENT/);
    expect(() => kafka({ ...remote, KAFKA_CA_FILE: '/empty.pem' })).toThrow(/no certificate in it.*Allowed/);
    expect(() => kafka({ KAFKA_BROKERS: 'localhost:1', KAFKA_CA_FILE: '/ca.pem' })).toThrow('without TLS it checks');
  });

  it('is_told_who_we_are_by_a_password_or_by_tokens', () => {
    const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = scram;
    expect(kafka(scram)).toHaveProperty('sasl', { mechanism: 'scram-sha-512', username, password });
    expect(kafka({ ...oauth, KAFKA_OAUTH_SCOPE: 'kafka' })).toHaveProperty('sasl', {
      ...{ mechanism: 'oauthbearer', endpoint: 'https://login.example/token', scope: 'kafka' },
      ...{ clientId: 'tributary', clientSecret: 'hunter2' },
    });
    expect(kafka(remote)).not.toHaveProperty('sasl');
  });

  it('stops_the_start_where_half_of_a_login_is_missing_or_belongs_to_another', () => {
    expect(() => kafka({ ...scram, KAFKA_SASL_PASSWORD: '' })).toThrow('KAFKA_SASL_PASSWORD is not set');
    expect(() => kafka({ ...oauth, KAFKA_OAUTH_CLIENT_ID: '' })).toThrow('KAFKA_OAUTH_CLIENT_ID is not set');
    expect(() => kafka({ ...scram, KAFKA_SASL_MECHANISM: 'none' })).toThrow('KAFKA_SASL_USERNAME is set');
    expect(() => kafka({ ...scram, KAFKA_SASL_MECHANISM: 'plain' })).toThrow('none, scram-sha-256');
    expect(() => kafka({ ...oauth, KAFKA_OAUTH_ENDPOINT: 'http://login.example' })).toThrow('without TLS');
    expect(() => kafka({ KAFKA_BROKERS: 'a.example' })).toThrow('Allowed: host:port, separated by commas');
  });

  // The story: such an address passed, and each connection failed with an error that quotes it, in the log.
  it.each(['u:hunter2@', 'u@', ':hunter2@', 'u:hunter2%40x@'])(
    'stops_the_start_where_the_address_of_the_authorization_server_begins_with_%s',
    (user) => {
      const broken = { ...oauth, KAFKA_OAUTH_ENDPOINT: `https://${user}login.example/token` };
      expect(() => kafka(broken)).toThrow('KAFKA_OAUTH_ENDPOINT (a secret): it names a user or password');
      expect(() => kafka(broken)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
    },
  );

  it('never_shows_a_secret_in_what_it_complains_about', () => {
    for (const broken of [
      { ...scram, KAFKA_TLS: 'false' },
      { ...scram, KAFKA_SASL_MECHANISM: 'none' },
      { ...oauth, KAFKA_OAUTH_ENDPOINT: 'nowhere' },
      { ...oauth, KAFKA_OAUTH_ENDPOINT: 'http://u:hunter2@login.example' },
      { ...oauth, KAFKA_OAUTH_ENDPOINT: 'https://u:hunter2@' },
    ])
      expect(() => kafka(broken)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
  });
});

describe('the schema registry', () => {
  it('is_reached_with_TLS_and_as_a_user', () => {
    const url = 'https://registry.example/apis/ccompat/v7';
    const auth = { username: 'u', password: 'p@ss' };
    const user = { SCHEMA_REGISTRY_USERNAME: 'u', SCHEMA_REGISTRY_PASSWORD: 'p@ss' };
    expect(registry({ SCHEMA_REGISTRY_URL: url })).toEqual({ url });
    expect(registry({ SCHEMA_REGISTRY_URL: url, ...user })).toEqual({ url, auth });
    expect(registry({ SCHEMA_REGISTRY_URL: url.replace('//', '//u:p%40ss@') })).toEqual({ url, auth });
    expect(registry({ SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_CA_FILE: '/ca.pem' })).toEqual({
      url,
      tls: { ca: pem },
    });
  });

  it('stops_the_start_where_it_would_be_plain_or_its_user_is_said_twice_or_by_half', () => {
    expect(() => registry({ SCHEMA_REGISTRY_URL: 'http://registry.example' })).toThrow('without TLS');
    expect(() => registry({ SCHEMA_REGISTRY_URL: 'registry' })).toThrow('SCHEMA_REGISTRY_URL = "registry"');
    expect(registry({ SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081/' }).url).toBe('http://127.0.0.1:8081/');
    const half = { SCHEMA_REGISTRY_URL: 'https://registry.example', SCHEMA_REGISTRY_PASSWORD: 'hunter2' };
    expect(() => registry(half)).toThrow('belong together');
    const twice = { ...half, SCHEMA_REGISTRY_USERNAME: 'u', SCHEMA_REGISTRY_URL: 'https://v:w@registry.example' };
    expect(() => registry(twice)).toThrow('in one place');
  });
});

describe('Redis', () => {
  it('is_told_who_we_are_apart_from_its_address', () => {
    const settings = { REDIS_URL: 'rediss://a.example:6380', REDIS_USERNAME: 'consumer', REDIS_PASSWORD: 'p@ss/1' };
    expect(redis(settings)).toEqual({ url: 'rediss://consumer:p%40ss%2F1@a.example:6380' });
    expect(redis({ ...settings, REDIS_USERNAME: '' })).toEqual({ url: 'rediss://:p%40ss%2F1@a.example:6380' });
    expect(redis({ REDIS_URL: settings.REDIS_URL, REDIS_CA_FILE: '/ca.pem' })).toEqual({
      url: settings.REDIS_URL,
      tlsCa: pem,
    });
  });

  it('stops_the_start_where_it_would_be_plain_or_a_password_is_missing_or_said_twice', () => {
    expect(() => redis({ REDIS_URL: 'redis://a.example' })).toThrow('without TLS');
    expect(() => redis({ REDIS_URL: 'rediss://a.example', REDIS_USERNAME: 'u' })).toThrow('REDIS_PASSWORD is not set');
    expect(() => redis({ REDIS_URL: 'rediss://u:p@a.example', REDIS_PASSWORD: 'q' })).toThrow('in one place');
  });
});
