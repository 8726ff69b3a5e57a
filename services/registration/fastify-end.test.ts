import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { endServer } from './fastify-end.ts';

it('lets a request that is under way end', async () => {
  const server = fastify();
  let answer = (_: object) => {};
  const isUnderWay = new Promise<void>((began) => {
    server.get('/', () => {
      began();
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
  });
  const answered = fetch(await server.listen({ host: '127.0.0.1', port: 0 })).then((response) => response.json());
  await isUnderWay;
  const ended = endServer(server, 60_000);
  answer({ ok: true });
  expect(await answered).toEqual({ ok: true });
  await ended;
  expect(server.server.listening).toBe(false);
});

it('cuts off a client that never reads its answer', async () => {
  const server = fastify();
  server.get('/', async () => 'x'.repeat(64 * 1_048_576));
  const { port, hostname } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const deaf = connect(Number(port), hostname);
  deaf.on('error', () => {});
  const closed = new Promise((resolve) => deaf.once('close', resolve));
  deaf.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(deaf, 'readable');
  await endServer(server, 20);
  expect(server.server.listening).toBe(false);
  deaf.resume();
  await closed;
});
