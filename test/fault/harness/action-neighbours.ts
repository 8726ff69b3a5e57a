import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, portOf } from '@tributary/local/ports.ts';
import { runningPid, signalProcess, startProcess, stopProcess } from '@tributary/local/processes.ts';
import { redisServer } from '@tributary/local/redis-server.ts';
import { killPart, startPart, stopPart } from '@tributary/local/stack.ts';
import { Redis } from 'ioredis';
import { until } from '../until.ts';
import { type Acting, type Action, LeftOut } from './acting.ts';
import type { FaultKind } from './schedule.ts';
import type { World } from './world.ts';

const readyWithinMs = 60_000;
const slowMs = 400;
const burst = { stillMs: 3_000, goingMs: 2_000 };
const replicaName = 'redis-replica';

/** The faults of Kafka, Redis and the schema registry. */
export const neighbourActions = {
  'kafka-restart': away('kafka', stopPart),
  'kafka-kill': away('kafka', killPart),
  'kafka-bursts': {
    needs: () => ['kafka'],
    async run({ forMs }, { world: { dir }, lasting }) {
      const ends = Date.now() + forMs;
      let bursts = 0;
      for (; Date.now() < ends; bursts++) {
        signalProcess(dir, 'kafka', 'SIGSTOP');
        await lasting(burst.stillMs);
        signalProcess(dir, 'kafka', 'SIGCONT');
        await lasting(burst.goingMs);
      }
      return `${bursts} times`;
    },
  },
  'kafka-disk-full': {
    needs: () => ['kafka'],
    async run({ forMs }, { world, lasting }) {
      const disk = world.disks.kafka;
      if (disk === undefined) throw new LeftOut(noDisk);
      try {
        disk.fill();
        await lasting(forMs);
      } finally {
        disk.free();
      }
      const ended = runningPid(world.dir, 'kafka') === undefined;
      await killPart(world.dir, 'kafka');
      await startPart(world.dir, 'kafka');
      return ended ? 'the broker ended by itself' : 'the broker went on until it was restarted';
    },
  },
  'redis-kill': away('redis', killPart),
  'redis-wipe': {
    needs: () => ['redis'],
    async run({ forMs }, { world: { dir }, lasting }) {
      await killPart(dir, 'redis');
      const data = join(dir, 'data/redis');
      for (const file of readdirSync(data)) rmSync(join(data, file), { recursive: true });
      await lasting(forMs);
      await startPart(dir, 'redis');
      return undefined;
    },
  },
  'redis-slow': {
    needs: () => ['redis'],
    async run({ forMs }, { world: { redis }, lasting }) {
      redis.delay(slowMs);
      await lasting(forMs);
      redis.delay(0);
      return `by ${slowMs} ms`;
    },
  },
  'redis-failover': { needs: () => ['redis'], run: ({ forMs }, acting) => failOver(forMs, acting) },
  'redis-disk-full': {
    needs: () => ['redis'],
    async run({ forMs }, { world: { disks }, lasting }) {
      if (disks.redis === undefined) throw new LeftOut(noDisk);
      disks.redis.fill();
      await lasting(forMs);
      disks.redis.free();
      return undefined;
    },
  },
  'registry-away': away('schema-registry', stopPart, 'registry'),
} as const satisfies Partial<Record<FaultKind, Action>>;

const noDisk = 'only root can mount the small disk that it needs';

function away(part: 'kafka' | 'redis' | 'schema-registry', end: typeof stopPart, need: string = part): Action {
  return {
    needs: () => [need],
    async run({ forMs }, { world: { dir }, lasting }) {
      await end(dir, part);
      await lasting(forMs);
      await startPart(dir, part);
      return undefined;
    },
  };
}

/** A replica takes over from Redis, which is lost with what it hadn't handed on; later it takes over again. */
async function failOver(forMs: number, { world, lasting }: Acting): Promise<string | undefined> {
  const primary = world.redis.target;
  const replica = await startReplica(world, primary);
  await follows(replica);
  await killPart(world.dir, 'redis');
  await ask(replica, (redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
  world.redis.leadTo(replica);
  await lasting(forMs);
  await startPart(world.dir, 'redis');
  await ask(primary, (redis) => redis.call('REPLICAOF', '127.0.0.1', String(replica)));
  await follows(primary);
  await stopProcess(world.dir, replicaName, true);
  await ask(primary, (redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
  world.redis.leadTo(primary);
  return undefined;
}

async function startReplica(world: World, primary: number): Promise<number> {
  const port = await freePort();
  const home = join(world.dir, replicaName);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, 'data/redis'), { recursive: true });
  const { portBase } = world.endpoints;
  const place = {
    directory: home,
    tools: join(import.meta.dirname, '../../../.local/tools'),
    portBase,
    port: (name: Parameters<typeof portOf>[1]) => (name === 'redis' ? port : portOf(portBase, name)),
  };
  const { file, args } = await redisServer.prepare(place);
  startProcess(world.dir, replicaName, {
    file,
    args: [...args, '--replicaof', '127.0.0.1', String(primary), '--repl-diskless-sync-delay', '0'],
  });
  return port;
}

const follows = (port: number) =>
  until('the replica has all', readyWithinMs, () =>
    ask(port, (redis) => redis.info('replication')).then(
      (info) => info.includes('master_link_status:up'),
      () => false,
    ),
  );

async function ask<T>(port: number, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, maxRetriesPerRequest: 20 });
  redis.on('error', () => undefined);
  return question(redis).finally(() => redis.disconnect());
}
