import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Endpoints,
  readEndpoints,
  repositoryRoot,
  stackDirectory,
  writeEndpoints,
} from '@tributary/local/endpoints.ts';
import type { KafkaSecurity } from '@tributary/local/kafka-security.ts';
import { startStack, stopStack } from '@tributary/local/stack.ts';
import { principalNames } from '@tributary/schemas/kafka/acls.ts';
import { redisUsers, setUserWords } from '@tributary/schemas/redis/acl.ts';
import { silentLog } from '@tributary/service';
import { createKafkajsAccess, createKafkajsStream, type KafkaAccess, type Stream } from '@tributary/stream';
import { execa } from 'execa';
import { RedisServers } from '../../integration/redis-servers.ts';
import { makeIdentity } from './identity.ts';
import { type Front, registryFront, tlsFront } from './tls-front.ts';

/** Everybody who has a password here: the principals of the contract, the administrator, and one whom no rule names. */
export const users = [...principalNames, 'admin', 'stranger'] as const;
export type User = (typeof users)[number];

/**
 * Kafka, Redis and the schema registry with TLS and users, the first two of their own and with nothing in them, in front of
 * the S3 and STS of the tests' stack. The administrator alone may do everything.
 */
export class SecuredStack {
  readonly dir: string;
  /** Where everything is, without its credentials. */
  readonly endpoints: Endpoints;
  /** Kafka's authoriser, as the administrator sees it. */
  readonly access: KafkaAccess;
  readonly redisPort: number;
  readonly registryUrl: string;
  readonly cert: string;
  readonly #passwords: Readonly<Record<User, string>>;
  readonly #caFile: string;
  readonly #closing: (() => Promise<unknown>)[];

  private constructor(parts: {
    readonly dir: string;
    readonly endpoints: Endpoints;
    readonly passwords: Readonly<Record<User, string>>;
    readonly cert: string;
    readonly caFile: string;
    readonly redis: Front;
    readonly registry: Front;
    readonly closing: (() => Promise<unknown>)[];
  }) {
    this.dir = parts.dir;
    this.endpoints = parts.endpoints;
    this.cert = parts.cert;
    this.redisPort = parts.redis.port;
    this.registryUrl = `https://127.0.0.1:${parts.registry.port}${new URL(parts.endpoints.schemaRegistry).pathname}`;
    this.#passwords = parts.passwords;
    this.#caFile = parts.caFile;
    this.#closing = parts.closing;
    this.access = createKafkajsAccess(this.#connection('admin'));
    this.#closing.push(() => this.access.close());
  }

  /** Starts it beside the stack of the tests. What it had started is ended again when it fails. */
  static async start(oauth?: KafkaSecurity['oauth']): Promise<SecuredStack> {
    const outer = readEndpoints();
    const dir = join(stackDirectory(), `secured-${randomBytes(3).toString('hex')}`);
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const identity = await makeIdentity();
      const passwords = Object.fromEntries(users.map((user) => [user, randomBytes(12).toString('hex')])) as Record<
        User,
        string
      >;
      closing.push(async () => {
        await stopStack(dir);
        await rm(join(dir, 'data'), { recursive: true, force: true });
      });
      const security = { identity, users: passwords, admin: 'admin', ...(oauth === undefined ? {} : { oauth }) };
      await startStack({ dir, portBase: 0, only: ['kafka'], kafkaSecurity: security });
      const servers = await RedisServers.make();
      closing.push(() => servers.end());
      const redis = await tlsFront(identity, await startRedis(servers, passwords));
      closing.push(() => redis.close());
      const registry = await registryFront(identity, outer.schemaRegistry, passwords);
      closing.push(() => registry.close());
      const { schemaRegistry, aws, awsRegion, awsUsers, parkingBucket } = outer;
      writeEndpoints(dir, { schemaRegistry, aws, awsRegion, awsUsers, parkingBucket, redis: 'redis://127.0.0.1:1' });
      const caFile = join(dir, 'run/kafka-ca.pem');
      await writeFile(caFile, identity.cert);
      const endpoints = readEndpoints(dir);
      return new SecuredStack({ dir, endpoints, passwords, cert: identity.cert, caFile, redis, registry, closing });
    } catch (error) {
      for (const close of closing.reverse()) await close();
      throw error;
    }
  }

  /** Kafka as this user. */
  streamOf(user: User): Stream {
    return createKafkajsStream({ ...this.#connection(user), sendTimeoutMs: 20_000 });
  }

  /** How this user reaches Kafka. */
  #connection(user: User) {
    return {
      brokers: [this.endpoints.kafka],
      clientId: user,
      ssl: { ca: this.cert },
      sasl: { mechanism: 'scram-sha-512', username: user, password: this.#passwords[user] } as const,
      log: silentLog,
    };
  }

  passwordOf(user: User): string {
    return this.#passwords[user];
  }

  /** The settings with which a service or command is this user everywhere. */
  env(user: User): Record<string, string> {
    const password = this.#passwords[user];
    const { service } = this.endpoints.awsUsers;
    return {
      KAFKA_BROKERS: this.endpoints.kafka,
      KAFKA_TLS: 'true',
      KAFKA_CA_FILE: this.#caFile,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: password,
      REDIS_URL: `rediss://127.0.0.1:${this.redisPort}`,
      REDIS_USERNAME: user,
      REDIS_PASSWORD: password,
      REDIS_CA_FILE: this.#caFile,
      SCHEMA_REGISTRY_URL: this.registryUrl,
      SCHEMA_REGISTRY_USERNAME: user,
      SCHEMA_REGISTRY_PASSWORD: password,
      SCHEMA_REGISTRY_CA_FILE: this.#caFile,
      CLUSTER_LAYOUT: 'local',
      AWS_ENDPOINT_URL: this.endpoints.aws,
      AWS_ACCESS_KEY_ID: service.accessKeyId,
      AWS_SECRET_ACCESS_KEY: service.secretAccessKey,
    };
  }

  /** Runs `npx tributary …` as this user; answers what it printed. Rejects when it fails. */
  async run(user: User, ...args: readonly string[]): Promise<string> {
    const cli = join(repositoryRoot, 'bin/tributary.js');
    const { stdout } = await execa(process.execPath, [cli, ...args], { env: this.env(user), cwd: repositoryRoot });
    return stdout;
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
  }
}

/** A server where only the users of the contract may do anything; answers its port. */
async function startRedis(servers: RedisServers, passwords: Readonly<Record<User, string>>): Promise<number> {
  const port = await servers.start(
    redisUsers.map((user) => `user ${setUserWords(user, `>${passwords[user.name]}`).join(' ')}`),
  );
  await servers.ask(port, (redis) => redis.call('ACL', 'SETUSER', 'default', 'off'));
  return port;
}
