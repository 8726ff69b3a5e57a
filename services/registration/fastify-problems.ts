import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { bodyBytesMax } from '@tributary/schemas/rest/openapi.ts';
import type { FastifyError, FastifyReply } from 'fastify';
import { Problem, problemOf, unavailable } from './problem.ts';

/** The type of a problem. A text would get a charset from fastify, and this media type has none (RFC 9457, section 7.1). */
const problemMedia = 'application/problem+json';

/** Fastify says what is wrong with the HTTP of a request by codes of its own. Nothing of the request is repeated. */
export function httpProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('body-too-large', `A body may have ${bodyBytesMax} bytes at most.`);
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError)
    return new Problem('malformed-json', 'The body cannot be parsed as JSON.');
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT') return unavailable(error);
  if (error.statusCode === 400) return new Problem('malformed-request', 'The request cannot be read.');
  return problemOf(error);
}

/** Answers with a problem. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'ApiKey');
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  const body = Buffer.from(JSON.stringify(problem.body));
  return reply.code(problem.status).header('content-type', problemMedia).send(body);
}

/** Answers what is no HTTP request, or none that arrives in time, and closes the connection. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = connectionProblem(error.code);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemMedia}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

function connectionProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'Send fewer or shorter headers.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'The request did not arrive in time. Send it again.');
  return new Problem('malformed-request', 'The request cannot be read.');
}
