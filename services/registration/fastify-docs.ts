import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { openapi } from '@tributary/schemas/rest/openapi.ts';
import type { FastifyInstance } from 'fastify';

/** Where a person reads and tries the API. */
export const docsPath = '/docs';

/** Serves the OpenAPI document, and the page of it with everything that it needs: nothing comes from elsewhere. */
export async function serveDocs(server: FastifyInstance): Promise<void> {
  server.get('/openapi.json', async () => openapi);
  await server.register(swagger, { mode: 'static', specification: { document: structuredClone(openapi) as never } });
  await server.register(swaggerUi, {
    routePrefix: docsPath,
    staticCSP: true,
    uiConfig: { deepLinking: true, displayRequestDuration: true, persistAuthorization: false, tryItOutEnabled: true },
    theme: { title: openapi.info.title },
  });
}
