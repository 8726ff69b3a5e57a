import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { customerClients } from '../demo/customer.ts';
import type { Endpoints } from '../endpoints.ts';
import { type ApiModel, operationOf, violations } from './api-model.ts';
import { ApiError, LakeSources } from './lake-sources.ts';

/** What the stand-in needs; the stack's S3 and IAM run already. */
export interface StandInOptions {
  readonly endpoints: Endpoints;
  readonly model: ApiModel;
  /** The lake's bucket; Security Lake is enabled in the stack's region only. */
  readonly bucketName: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A running stand-in. */
export interface SecurityLakeStandIn {
  readonly url: string;
  /** Every operation that was asked for, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/**
 * A stand-in for the Security Lake API, for one AWS account: no emulator has it. It refuses what AWS's own model of the
 * API refuses, and makes what Security Lake makes (bucket, role, location) in the stack's S3 and IAM, where AWS's rules
 * hold. It knows who calls by the access key, and doesn't check signatures.
 */
export async function startSecurityLakeStandIn(options: StandInOptions): Promise<SecurityLakeStandIn> {
  const clients = customerClients(options.endpoints);
  const sources = new LakeSources(options, clients);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    answer(request, options, sources, asked).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: Error) => {
        const { status, name, message } =
          error instanceof ApiError
            ? error
            : { ...error, status: 500, name: 'InternalServerException', message: error.message };
        response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': name });
        response.end(JSON.stringify({ message }));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      clients.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  { endpoints, model }: StandInOptions,
  sources: LakeSources,
  asked: string[],
): Promise<object> {
  checkCaller(request, endpoints);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const operation = operationOf(model, request.method ?? '', pathname);
  if (operation === undefined) throw new ApiError('UnknownOperationException', 404, `There is no ${pathname}.`);
  asked.push(operation.name);
  const body = await text(request);
  const inQuery = [...new Set(searchParams.keys())].map((name) => [name, ofQuery(name, searchParams)]);
  const input = { ...Object.fromEntries(inQuery), ...parsed(body), ...operation.inPath };
  const [broken] = violations(model, model.operations[operation.name]!.input.shape, input);
  if (broken !== undefined) throw new ApiError('BadRequestException', 400, broken);
  const output = await sources.handle(operation.name, input);
  const shape = model.operations[operation.name]!.output?.shape;
  const own = shape === undefined ? [] : violations(model, shape, output, 'The answer');
  if (own.length > 0) throw new Error(`the stand-in's own answer is wrong: ${own.join(' ')}`);
  return output;
}

/** Source: AWS, Signature Version 4: Credential=<access key>/<date>/<region>/<service>/aws4_request. */
function checkCaller({ headers }: IncomingMessage, { awsUsers, awsRegion }: Endpoints): void {
  const [, key, region, service] =
    /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const isKnown = Object.values(awsUsers).some(({ accessKeyId }) => accessKeyId === key);
  if (!isKnown) throw new ApiError('UnrecognizedClientException', 403, 'The security token in the request is invalid.');
  if (key !== awsUsers.customer.accessKeyId)
    throw new ApiError('AccessDeniedException', 403, 'You are not authorized to perform this operation.');
  if (service !== 'securitylake' || region !== awsRegion)
    throw new ApiError('ResourceNotFoundException', 404, `Security Lake is not enabled in ${region}.`);
}

function parsed(body: string): object {
  try {
    return body === '' ? {} : (JSON.parse(body) as object);
  } catch {
    throw new ApiError('BadRequestException', 400, 'The body is not JSON.');
  }
}

const ofQuery = (name: string, query: URLSearchParams) => (name === 'regions' ? query.getAll(name) : query.get(name));
