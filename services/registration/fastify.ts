import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import { bodyBytesMax, openapi } from '@tributary/schemas/rest/openapi.ts';
import { inSpan, type OnStep, traceHeader } from '@tributary/service';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { docsPath, serveDocs } from './fastify-docs.ts';
import { limitAddresses } from './fastify-limits.ts';
import { httpProblem, refuseConnection, sendProblem } from './fastify-problems.ts';
import type { Neighbours } from './neighbours.ts';
import { answer, type Caller, type Incoming, type Outgoing, type RequestName } from './pipeline.ts';
import { Problem, problemOf } from './problem.ts';

/** How the endpoint listens. */
export interface ListenerOptions {
  /** Certificate chain and key, PEM; without them it speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Addresses and networks whose `x-forwarded-for` is believed. */
  readonly trustedProxies?: readonly string[];
}

/** Bytes of all headers of a request. */
const headerBytesMax = 16_384;
/** How long a request may take to arrive, and a connection to say nothing. */
const arrivalMs = 30_000;
const silenceMs = 75_000;
/** How long an answer may take: a probe that tries a few times, and a change that waits for its locks. */
const answerMs = 60_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is, once that is known. */
    caller: Caller;
  }
}

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

/** The REST endpoint. It only carries requests to the pipeline and answers back; it decides nothing but HTTP itself. */
export async function createServer(
  neighbours: Neighbours,
  onStep: OnStep,
  listener: ListenerOptions = {},
): Promise<FastifyInstance> {
  const server = newServer(listener);
  server.decorateRequest('caller', null as unknown as Caller);
  server.addHook('onRequest', async (request, reply) => {
    request.caller = {};
    reply.header('x-request-id', request.id);
    if (request.url.startsWith(docsPath)) return;
    reply.header('cache-control', 'no-store');
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
  noteAnswers(server, neighbours);
  noteProxies(server, neighbours);
  server.setErrorHandler((error, request, reply) => {
    // fastify looks at what a QUERY says of its body before it looks for a route; no route of ours is one.
    if ((error as FastifyError).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE') return refuseRoute(request, reply);
    const problem = httpProblem(error as FastifyError);
    if (problem.status >= 500)
      neighbours.log.error({ requestId: request.id, err: problem.cause ?? error }, problem.message);
    return sendProblem(reply, problem);
  });
  await server.register(helmet, { contentSecurityPolicy: false });
  await limitAddresses(server, neighbours.requests, neighbours.rates.perAddress);
  server.setNotFoundHandler({ preHandler: server.rateLimit() }, refuseRoute);
  readBodies(server);
  await serveDocs(server);
  for (const { method, url, name } of operations) {
    server.route({
      method,
      url,
      handler: async (request, reply) => {
        const { caller } = request;
        const outgoing = await inRequestSpan(request, () =>
          answer(name, incomingOf(request), neighbours, { onStep, caller }),
        );
        return reply
          .code(outgoing.status)
          .headers(outgoing.headers ?? {})
          .send(outgoing.body);
      },
    });
  }
  return server;
}

/** Answers within a span, a child of the client's where it names one. Of the request it has the route, and nothing that was sent. */
function inRequestSpan(request: FastifyRequest, work: () => Promise<Outgoing>): Promise<Outgoing> {
  const { method, id, headers } = request;
  const route = request.routeOptions.url ?? 'other';
  const sent = headers[traceHeader];
  return inSpan(
    `${method} ${route}`,
    {
      kind: 'server',
      parent: { traceparent: typeof sent === 'string' ? sent : undefined },
      attributes: () => ({ 'http.request.method': method, 'http.route': route, 'tributary.request_id': id }),
    },
    async (note) => {
      try {
        const outgoing = await work();
        note({ 'http.response.status_code': outgoing.status });
        return outgoing;
      } catch (error) {
        note({ 'http.response.status_code': problemOf(error).status });
        throw error;
      }
    },
  );
}

function newServer({ tls, trustedProxies = [] }: ListenerOptions): FastifyInstance {
  const http = { maxHeaderSize: headerBytesMax, headersTimeout: arrivalMs };
  return fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: arrivalMs,
    connectionTimeout: silenceMs,
    handlerTimeout: answerMs,
    exposeHeadRoutes: false,
    // Whoever is being answered is answered while the process stops.
    return503OnClosing: false,
    // A name that a client chose could be anything, so it is never taken over.
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: headerBytesMax },
    clientErrorHandler: refuseConnection,
    // fastify's own answers (a wrong URL, a wrong header) are problems too.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendProblem(reply, httpProblem(error));
    },
    ...(tls === undefined ? { http } : { https: { ...http, ...tls, minVersion: 'TLSv1.2' } }),
  }) as unknown as FastifyInstance;
}

/** One line a request in the access log: no header, no body, no query, and the path only as its route. */
function noteAnswers(server: FastifyInstance, { log, metrics }: Neighbours): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'other';
    metrics.count('tributary_registration_requests_total', { route, status: String(reply.statusCode) });
    metrics.observe('tributary_registration_request_seconds', { route }, reply.elapsedTime / 1000);
    const { account, apiKey } = request.caller;
    log.info(
      {
        requestId: request.id,
        ...{ method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
        ...{ account, apiKey, address: request.ip },
      },
      'answered',
    );
  });
}

/** Behind a proxy that isn't trusted all customers have one address, and its limit together: says so, once. */
function noteProxies(server: FastifyInstance, { log }: Neighbours): void {
  let isSaid = false;
  server.addHook('onRequest', async ({ headers, ip, socket }) => {
    const address = socket.remoteAddress;
    if (isSaid || headers['x-forwarded-for'] === undefined || ip !== address) return;
    isSaid = true;
    log.warn({ address }, 'x-forwarded-for is not believed: if a proxy of yours sends it, name it in TRUSTED_PROXIES');
  });
}

/** 405 with what is allowed where there is something, 404 where there is nothing. */
function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const allowed = allowedMethods((request.url.split('?', 1)[0] ?? '').replace(/\/$/, ''));
  if (allowed === undefined) return sendProblem(reply, new Problem('not-found', 'There is nothing at this path.'));
  reply.header('allow', allowed);
  return sendProblem(reply, new Problem('method-not-allowed', `Allowed here: ${allowed}.`));
}

/** The methods that exist at `path`, which has no slash at its end. */
function allowedMethods(path: string): string | undefined {
  const methods = operations.filter(({ url }) => new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`).test(path));
  return methods.length === 0 ? undefined : methods.map(({ method }) => method).join(', ');
}

/** A body is JSON or nothing: clients that set the content type on every request send none with GET and DELETE. */
function readBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) done(null, undefined);
    else parse(request, text as string, done);
  });
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) return done(null, undefined);
    if (request.method !== 'DELETE') return done(null, new NotJson());
    // The published page shows a DELETE with a body, which curl calls a form unless it is told otherwise.
    return parse(request, text as string, (error, body) => done(null, error ? new NotJson() : body));
  });
}

function incomingOf(request: FastifyRequest): Incoming {
  const { headers, body } = request;
  if (body instanceof NotJson)
    throw new Problem('wrong-content-type', 'Send the body with the header content-type: application/json.');
  const header = (name: string) => (headers[name] === undefined ? undefined : String(headers[name]));
  const query = request.query as Record<string, string | string[] | undefined>;
  const { eventClass } = request.params as { eventClass?: string };
  return {
    authorization: headers.authorization,
    apiVersion: header('api-version'),
    ...(body === undefined || body === null ? {} : { body }),
    ...(eventClass === undefined ? {} : { eventClass }),
    limit: query.limit?.toString(),
    cursor: query.cursor?.toString(),
    dryRun: query.dryRun?.toString(),
    ifMatch: header('if-match'),
    idempotencyKey: header('idempotency-key'),
    requestId: request.id,
  };
}
