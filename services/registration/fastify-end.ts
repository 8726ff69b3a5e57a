import { within } from '@tributary/service';
import type { FastifyInstance } from 'fastify';

/**
 * Ends a server: it takes no new connections, and requests that are under way have `patienceMs` to end. Then their
 * connections are cut: a client that doesn't read its answer would hold up the end for as long as it likes.
 */
export async function endServer(server: FastifyInstance, patienceMs: number): Promise<void> {
  const closed = server.close();
  if (await within(patienceMs, closed)) return;
  server.server.closeAllConnections();
  await closed;
}
