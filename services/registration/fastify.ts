import { bodyBytesMax, openapi } from '@tributary/schemas/rest/openapi.ts';
import type { OnStep } from '@tributary/service';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Neighbours } from './neighbours.ts';
import { answer, type Incoming, type RequestName } from './pipeline.ts';
import { Problem, problemOf } from './problem.ts';

/** What a request body is when it couldn't be JSON by its content type. */
class NotJson {}

/** The pipeline's way of each operation of the OpenAPI document. */
const ways: Readonly<Record<string, RequestName>> = {
  register: 'register',
  listRegistrations: 'list',
  getRegistration: 'get',
  moveRegistration: 'move',
  endRegistration: 'end',
  pauseRegistration: 'pause',
  resumeRegistration: 'resume',
  probeRegistration: 'probe',
  listDeliveries: 'deliveries',
};

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As fastify writes it. */
  readonly url: string;
  readonly name: RequestName;
}

const operations: readonly Operation[] = Object.entries(openapi.paths).flatMap(([path, item]) =>
  Object.entries(item as Record<string, { operationId: string }>).map(([method, { operationId }]) => ({
    method: method.toUpperCase() as Operation['method'],
    url: path.replace(/\/$/, '').replaceAll(/\{(\w+)\}/g, ':$1'),
    name: ways[operationId]!,
  })),
);

/** The methods that exist at `path`, which has no slash at its end. */
function allowedMethods(path: string): string | undefined {
  const methods = operations.filter(({ url }) => new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`).test(path));
  return methods.length === 0 ? undefined : methods.map(({ method }) => method).join(', ');
}

/** The REST endpoint. It only carries requests to the pipeline and answers back; it decides nothing but HTTP itself. */
export function createServer(neighbours: Neighbours, onStep: OnStep): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true },
    // fastify's own answers (a wrong URL, a wrong header) are problems too.
    frameworkErrors: (error, _request, reply) => sendProblem(reply, httpProblem(error)),
  });
  readBodies(server);
  for (const { method, url, name } of operations) {
    server.route({
      method,
      url,
      handler: async (request, reply) => {
        const { status, body, headers = {} } = await answer(name, incomingOf(request), neighbours, onStep);
        return reply.code(status).headers(headers).send(body);
      },
    });
  }
  server.get('/openapi.json', async () => openapi);
  server.setNotFoundHandler((request, reply) => sendProblem(reply, noRoute(request, reply)));
  server.setErrorHandler((error, _request, reply) => {
    const problem = httpProblem(error as FastifyError);
    if (problem.status >= 500) neighbours.log.error({ err: problem.cause ?? error }, problem.message);
    return sendProblem(reply, problem);
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'other';
    neighbours.metrics.count('tributary_registration_requests_total', { route, status: String(reply.statusCode) });
  });
  return server;
}

/** A body is JSON or nothing: clients that set the content type on every request send none with GET and DELETE. */
function readBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) done(null, undefined);
    else parse(request, text as string, done);
  });
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) =>
    done(null, text.length === 0 ? undefined : new NotJson()),
  );
}

function incomingOf(request: FastifyRequest): Incoming {
  const { headers, body } = request;
  if (body instanceof NotJson)
    throw new Problem('wrong-content-type', 'Send the body with the header content-type: application/json.');
  const version = headers['api-version'];
  const query = request.query as Record<string, string | string[] | undefined>;
  const { eventClass } = request.params as { eventClass?: string };
  return {
    authorization: headers.authorization,
    apiVersion: Array.isArray(version) ? version.join(',') : version,
    ...(body === undefined || body === null ? {} : { body }),
    ...(eventClass === undefined ? {} : { eventClass }),
    limit: query.limit?.toString(),
    cursor: query.cursor?.toString(),
    dryRun: query.dryRun?.toString(),
    ifMatch: headers['if-match'],
  };
}

function noRoute(request: FastifyRequest, reply: FastifyReply): Problem {
  const allowed = allowedMethods((request.url.split('?', 1)[0] ?? '').replace(/\/$/, ''));
  if (allowed === undefined) return new Problem('not-found', 'There is nothing at this path.');
  reply.header('allow', allowed);
  return new Problem('method-not-allowed', `Allowed here: ${allowed}.`);
}

/** Fastify says what is wrong with the HTTP of a request by codes of its own. */
function httpProblem(error: FastifyError): Problem {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('body-too-large', `A body may have ${bodyBytesMax} bytes at most.`);
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError)
    return new Problem('malformed-json', 'The body cannot be parsed as JSON.');
  if (error.statusCode === 400) return new Problem('malformed-request', 'The request cannot be read.');
  return problemOf(error);
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'ApiKey');
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  // As bytes, because fastify adds a charset to the type of a text, and this media type has none (RFC 9457, section 7.1).
  const body = Buffer.from(JSON.stringify(problem.body));
  return reply.code(problem.status).header('content-type', 'application/problem+json').send(body);
}
