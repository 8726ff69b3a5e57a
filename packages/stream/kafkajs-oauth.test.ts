import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { tokensOf } from './kafkajs-oauth.ts';

const asked: { authorization: string | undefined; body: string }[] = [];
let status = 200;
const server = createServer(async (request, response) => {
  asked.push({ authorization: request.headers.authorization, body: await text(request) });
  response.writeHead(status).end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: 300 }));
});

beforeEach(async () => {
  asked.length = 0;
  status = 200;
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => new Promise((closed) => server.close(closed)));

const credentials = () => ({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
  ...{ clientId: 'us', clientSecret: 's:cret', scope: 'kafka' },
});

it('asks_once_for_all_connections_in_the_client_s_own_name', async () => {
  const login = credentials();
  expect(await Promise.all([tokensOf(login)(), tokensOf(login)()])).toEqual(['token-1', 'token-1']);
  expect(asked).toEqual([
    { authorization: `Basic ${btoa('us:s%3Acret')}`, body: 'grant_type=client_credentials&scope=kafka' },
  ]);
});

it('asks_again_after_a_refusal_and_tells_no_secret', async () => {
  const login = credentials();
  status = 401;
  await expect(tokensOf(login)()).rejects.toThrow(/^the authorization server answered 401$/);
  status = 200;
  expect(await tokensOf(login)()).toBe('token-2');
});
