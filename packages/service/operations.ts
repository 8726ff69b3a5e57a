import fastify from 'fastify';
import type { Metrics } from './prom-client.ts';

/** The operator's side of a process, while it is served. */
export interface Operations {
  /** The port it listens on (chosen by the system when 0 was asked for). */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The operator's side of a process: `/metrics`, `/healthz` (it answers), `/readyz` and `/livez` (503 with the reason
 * while `notReady`, or `notAlive`, answers one). Who isn't ready recovers by itself; who isn't alive must be started anew.
 */
export async function serveOperations(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly notReady: () => string | undefined;
  readonly notAlive?: () => string | undefined;
}): Promise<Operations> {
  const server = fastify({ logger: false });
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await options.metrics.page()),
  );
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const reason = options.notReady();
    return reason === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason });
  });
  server.get('/livez', async (_request, reply) => {
    const reason = options.notAlive?.();
    return reason === undefined ? { status: 'alive' } : reply.code(503).send({ status: 'not alive', reason });
  });
  await server.listen({ host: options.host, port: options.port });
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () => server.close(),
  };
}
