import { openapi } from '@tributary/schemas/rest/openapi.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Documented {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly headers?: object; readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}

/** What was answered, as a test sees it. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.endsWith('Z') },
}).addSchema(openapi, 'openapi');
const checks = new Map<string, ValidateFunction>();

const documented = Object.entries(openapi.paths).flatMap(([path, item]) =>
  Object.entries(item as unknown as Record<string, Documented>).map(([method, operation]) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/\/$/, '').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    operation,
  })),
);

/** Every answer that the document promises, as `<operation> <status>`. */
export const promised: readonly string[] = documented.flatMap(({ operation }) =>
  Object.keys(operation.responses).map((status) => `${operation.operationId} ${status}`),
);

/** The answers that `checkAnswer` has seen, as `<operation> <status>`. */
export const seen = new Set<string>();

/** Throws when an answer is not one that the OpenAPI document promises of the operation. */
export function checkAnswer(method: string, url: string, answered: Answered): void {
  const path = url.split('?', 1)[0]!;
  const operation = documented.find((known) => known.method === method && known.pattern.test(path))?.operation;
  if (operation === undefined) {
    if (answered.status >= 400) checkBody({ $ref: 'openapi#/components/schemas/Problem' }, answered.body, url);
    return;
  }
  const name = `${operation.operationId} ${answered.status}`;
  const promise = operation.responses[String(answered.status)];
  if (promise === undefined)
    throw new Error(`${name} is not in the OpenAPI document: ${JSON.stringify(answered.body)}`);
  const type = String(answered.headers['content-type'] ?? '').split(';', 1)[0]!;
  if (promise.content === undefined) {
    if (answered.body !== undefined) throw new Error(`${name} has a body, but the document promises none`);
  } else {
    const schema = promise.content[type]?.schema;
    if (schema === undefined) throw new Error(`${name} is of the type ${type}, which the document doesn't promise`);
    checkBody(schema, answered.body, name);
  }
  for (const header of ['etag', 'location', 'x-request-id'])
    if (header in answered.headers && !(header in (promise.headers ?? {})))
      throw new Error(`${name} has the header ${header}, which the document doesn't promise`);
  seen.add(name);
}

function checkBody(schema: object, body: unknown, name: string): void {
  const key = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  const check = checks.get(key) ?? ajv.compile(JSON.parse(key));
  checks.set(key, check);
  if (!check(body)) throw new Error(`${name} is not as the document promises: ${ajv.errorsText(check.errors)}`);
}
