import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { registryAccess } from '@tributary/schemas/registry.ts';

interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Something that listens on a port of 127.0.0.1. */
export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

interface Listening {
  listen(port: number, host: string, done: () => void): unknown;
  address(): AddressInfo | string | null;
  close(done: () => void): unknown;
}

async function listen(server: Listening, end: () => void): Promise<Front> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = () => {
    const closed = new Promise<void>((done) => server.close(done));
    end();
    return closed;
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** Ends TLS in front of a plain server of this machine. */
export function tlsFront(identity: Identity, target: number): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createTls(identity, (client) => {
    const plain = connect({ port: target, host: '127.0.0.1' });
    for (const socket of [client, plain]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        plain.destroy();
      });
    }
    client.pipe(plain).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  return listen(server, () => {
    for (const socket of sockets) socket.destroy();
  });
}

const patternOf = (path: string) => new RegExp(`${path.replaceAll('*', '[^/]+')}(\\?.*)?$`);

/** A schema registry with TLS and basic authentication, where each user may ask what `registryAccess` says. */
export function registryFront(
  identity: Identity,
  target: string,
  passwords: Readonly<Record<string, string>>,
): Promise<Front> {
  const server = createHttps(identity, async (request, response) => {
    const [user, password] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':');
    const isKnown = user !== undefined && user !== '' && passwords[user] === password;
    const rights = registryAccess.filter((one) => one.user === user && one.method === request.method);
    if (!isKnown) return void response.writeHead(401).end();
    if (!rights.some(({ path }) => patternOf(path).test(request.url ?? ''))) return void response.writeHead(403).end();
    const answer = await fetch(`${new URL(target).origin}${request.url}`).catch(() => undefined);
    response.writeHead(answer?.status ?? 502, { 'content-type': answer?.headers.get('content-type') ?? 'text/plain' });
    response.end(await answer?.text());
  });
  return listen(server, () => server.closeAllConnections());
}
