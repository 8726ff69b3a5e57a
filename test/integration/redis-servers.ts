import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@tributary/local/endpoints.ts';
import { freePort } from '@tributary/local/ports.ts';
import { Redis } from 'ioredis';

const host = '127.0.0.1';
const fromWheel = join(repositoryRoot, '.local/tools/redis-6.2.14/bin/redis-server');
const server = existsSync(fromWheel) ? fromWheel : 'redis-server';

/** Looks again until `look` answers something true. */
export async function eventually<T>(look: () => Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined && found !== null && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Redis servers of one test, each ended by its own process. */
export class RedisServers {
  readonly #directory: string;
  readonly #children = new Map<number, ChildProcess>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async make(): Promise<RedisServers> {
    return new RedisServers(await mkdtemp(join(tmpdir(), 'tributary-redis-')));
  }

  /** Starts a server with these lines of configuration; answers its port when it answers. */
  async start(lines: readonly string[] = [], args: readonly string[] = []): Promise<number> {
    const port = await freePort();
    const file = join(this.#directory, `${port}.conf`);
    const files = [`dir ${this.#directory}`, `dbfilename ${port}.rdb`];
    await writeFile(file, [`port ${port}`, `bind ${host}`, ...files, 'save ""', ...lines, ''].join('\n'));
    this.#children.set(port, spawn(server, [file, ...args], { stdio: 'ignore' }));
    await this.ask(port, (redis) => redis.ping());
    return port;
  }

  /** Ends a server by SIGKILL. */
  kill(port: number): void {
    this.#children.get(port)?.kill('SIGKILL');
  }

  /** Holds a server up, as a machine that hangs; `go` lets it go on. */
  hold(port: number): void {
    this.#children.get(port)?.kill('SIGSTOP');
  }

  go(port: number): void {
    this.#children.get(port)?.kill('SIGCONT');
  }

  /** Asks one server until it answers. */
  async ask<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<NonNullable<T>> {
    const redis = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 });
    redis.on('error', () => undefined);
    return eventually(() => question(redis)).finally(() => redis.disconnect());
  }

  async end(): Promise<void> {
    for (const port of this.#children.keys()) this.kill(port);
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** A primary, two replicas and three sentinels that replace it within about two seconds. */
  async sentinels(): Promise<{
    readonly url: string;
    readonly primary: number;
    readonly sentinels: readonly number[];
  }> {
    const primary = await this.start(['appendonly no']);
    for (const _ of [1, 2]) await this.start([`replicaof ${host} ${primary}`, 'repl-diskless-sync-delay 0']);
    await this.ask(primary, async (redis) => /connected_slaves:2/.test(await redis.info('replication')));
    const watch = [
      `sentinel monitor main ${host} ${primary} 2`,
      'sentinel down-after-milliseconds main 700',
      'sentinel failover-timeout main 3000',
    ];
    const sentinels: number[] = [];
    for (const _ of [1, 2, 3]) sentinels.push(await this.start(watch, ['--sentinel']));
    for (const port of sentinels)
      await this.ask(port, async (redis) => {
        const found = (await redis.call('SENTINEL', 'master', 'main')) as string[];
        const at = (name: string) => found[found.indexOf(name) + 1];
        return at('num-other-sentinels') === '2' && at('num-slaves') === '2';
      });
    return { url: `redis-sentinel://${sentinels.map((port) => `${host}:${port}`).join(',')}/main`, primary, sentinels };
  }

  /** A cluster of three primaries and a replica of the one that has `slot`. */
  async cluster(slot: number): Promise<{ readonly url: string; readonly owner: number; readonly replica: number }> {
    const nodes: number[] = [];
    for (const _ of [1, 2, 3, 4]) {
      const file = `nodes-${nodes.length}.conf`;
      nodes.push(await this.start(['cluster-enabled yes', `cluster-config-file ${file}`, 'cluster-node-timeout 1500']));
    }
    const [owner, second, third, replica] = nodes as [number, number, number, number];
    const slots = 16_384;
    const share = (index: number) => (redis: Redis) =>
      redis.call(
        'CLUSTER',
        'ADDSLOTS',
        ...Array.from({ length: slots }, (_, at) => at)
          .filter((at) => (at + 3 - (slot % 3)) % 3 === index)
          .map(String),
      );
    for (const [index, port] of [owner, second, third].entries()) await this.ask(port, share(index));
    for (const port of [second, third, replica])
      await this.ask(owner, (redis) => redis.call('CLUSTER', 'MEET', host, String(port)));
    const id = (await this.ask(owner, (redis) => redis.call('CLUSTER', 'MYID'))) as string;
    await this.ask(replica, async (redis) => (await redis.call('CLUSTER', 'REPLICATE', id)) === 'OK');
    for (const port of nodes)
      await this.ask(port, async (redis) => /cluster_state:ok/.test((await redis.call('CLUSTER', 'INFO')) as string));
    await this.ask(owner, async (redis) => /connected_slaves:1/.test(await redis.info('replication')));
    return { url: `redis-cluster://${[second, third].map((port) => `${host}:${port}`).join(',')}`, owner, replica };
  }
}
