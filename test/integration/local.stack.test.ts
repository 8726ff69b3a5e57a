import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEndpoints, stackDirectory } from '@tributary/local/endpoints.ts';
import { runningPid } from '@tributary/local/processes.ts';
import { killPart, stackStatus, startPart, startStack, stopPart, stopStack } from '@tributary/local/stack.ts';
import { Redis } from 'ioredis';

// The tests that stop, kill and restart parts rest on these promises. Redis alone will do: it starts in milliseconds.
const dir = join(stackDirectory(), 'of-its-own');
const beside = join(stackDirectory(), 'beside-it');
const pid = () => runningPid(dir, 'redis');

async function withRedis<Result>(work: (redis: Redis) => Promise<Result>, directory = dir): Promise<Result> {
  const redis = new Redis(readEndpoints(directory).redis);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
const put = (value: string) => withRedis((redis) => redis.set('key', value));
const get = (directory = dir) => withRedis((redis) => redis.get('key'), directory);

beforeAll(async () => {
  await startStack({ dir, portBase: 0, only: ['redis'] });
}, 60_000);

afterAll(async () => {
  await stopStack(dir);
  await stopStack(beside);
}, 60_000);

describe('a part of the stack', () => {
  it('keeps_its_data_and_its_address_over_a_stop_and_a_start', async () => {
    const before = readEndpoints(dir).redis;
    await put('stopped');
    await stopPart(dir, 'redis');
    expect(pid()).toBeUndefined();
    await startPart(dir, 'redis');
    expect(readEndpoints(dir).redis).toBe(before);
    expect(await get()).toBe('stopped');
  });

  it('keeps_its_data_when_it_is_killed', async () => {
    await put('killed');
    await killPart(dir, 'redis');
    expect((await stackStatus(dir)).find(({ name }) => name === 'redis')).toMatchObject({ state: 'stopped' });
    await startPart(dir, 'redis');
    expect(await get()).toBe('killed');
  });

  it('is_empty_when_it_was_wiped', async () => {
    await put('wiped');
    await stopPart(dir, 'redis');
    await startPart(dir, 'redis', { wiped: true });
    expect(await get()).toBeNull();
  });

  it('is_not_wiped_while_it_runs', async () => {
    await expect(startPart(dir, 'redis', { wiped: true })).rejects.toThrow('redis runs: stop it before');
  });
});

describe('the stack', () => {
  it('is_used_again_when_it_runs', async () => {
    const before = pid();
    await startStack({ dir, portBase: 0, only: ['redis'] });
    expect(pid()).toBe(before);
  });

  it('does_not_move_while_it_runs', async () => {
    const elsewhere = startStack({ dir, portBase: readEndpoints(dir).portBase + 20, only: ['redis'] });
    await expect(elsewhere).rejects.toThrow('stop it before you move it');
  });

  it('runs_beside_another_with_data_of_its_own', async () => {
    await startStack({ dir: beside, portBase: 0, only: ['redis'] });
    await put('mine');
    expect(await get(beside)).toBeNull();
    await stopStack(beside);
    expect(await get()).toBe('mine');
  });

  it('says_how_to_start_a_part_that_it_runs_without', () => {
    expect(() => readEndpoints(dir).kafka).toThrow(/without kafka.*npx tributary stack up --only kafka --dir/);
    expect(() => readEndpoints(beside)).toThrow(/No stack runs in .*beside-it.*npx tributary stack up --dir/);
  });

  it('says_which_port_is_taken_and_leaves_nothing_behind', async () => {
    const taken = createServer();
    const { portBase } = readEndpoints(dir);
    const listening = Promise.withResolvers<void>();
    // The fifth port of the next stack is the one of its Redis.
    taken.listen(portBase + 24, '127.0.0.1', listening.resolve);
    await listening.promise;
    const starting = startStack({ dir: beside, portBase: portBase + 20, only: ['redis'] });
    await expect(starting).rejects.toThrow(`Port ${portBase + 24} for Redis is taken. Choose others with --port-base`);
    taken.close();
    expect(existsSync(join(beside, 'run/endpoints.json'))).toBe(false);
  });

  it('takes_no_strange_process_for_its_own_when_a_number_is_used_again', async () => {
    const file = join(dir, 'run/redis.pid');
    const own = readFileSync(file, 'utf8');
    writeFileSync(file, `${process.pid}\n`);
    expect(pid()).toBeUndefined();
    await killPart(dir, 'redis');
    writeFileSync(file, own);
    expect(pid()).toBe(Number(own));
  });
});
