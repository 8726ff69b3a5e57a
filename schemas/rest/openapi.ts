import { bodies } from './bodies.ts';
import { eventClass } from './members.ts';
import { problems } from './problems.ts';

/** The path of the one resource. A trailing slash may be missing or there. */
export const registrationsPath = '/api/registrations';

/** The only version of the API; the value of the `api-version` header. */
export const apiVersion = 'v1';

/** Most bytes of a request's body. */
export const bodyBytesMax = 16_384;

/** How many entries a list answers at once, when not asked and at most. */
export const listLimit = { default: 25, max: 100 } as const;

/** Statuses that any operation may answer. */
const anywhere = [400, 401, 403, 429, 500, 503];
/** Beside them, those of an operation that takes a body, and of one on a registration that must be there. */
const withBody = [413, 415];
const named = [404];

const content = (...names: (keyof typeof bodies)[]) => {
  const [only, ...more] = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
  return { 'application/json': { schema: more.length === 0 ? only : { oneOf: [only, ...more] } } };
};
const header = (description: string) => ({ description, schema: { type: 'string' } });
const requestId = { 'x-request-id': header('Names this request; tell it to us with a question.') };
const etag = { etag: header('The version of the registration, for If-Match.') };
const located = { location: header('Where the registration is.') };

const answer = (description: string, headers: object = {}, ...names: (keyof typeof bodies)[]) => ({
  description,
  headers: { ...requestId, ...headers },
  ...(names.length === 0 ? {} : { content: content(...names) }),
});

/** The problems that an operation answers, by status. */
const refusals = (...statuses: readonly number[]) =>
  Object.fromEntries(
    [...new Set([...anywhere, ...statuses])].sort().map((status) => [
      String(status),
      {
        description: Object.values(problems)
          .filter((known) => known.status === status)
          .map(({ title }) => title)
          .join('; '),
        headers: requestId,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );

const parameter = (name: string) => ({ $ref: `#/components/parameters/${name}` });
const version = parameter('ApiVersion');
const aRegistration = [version, parameter('EventClass')];
const changeOfOne = [...aRegistration, parameter('IfMatch'), parameter('IdempotencyKey')];
const page = [parameter('Limit'), parameter('Cursor')];
const one = `${registrationsPath}/{eventClass}`;

const collection = {
  post: {
    operationId: 'register',
    summary: 'Starts the delivery of an event class',
    parameters: [version, parameter('DryRun'), parameter('IdempotencyKey')],
    requestBody: { required: true, content: content('RegistrationRequest') },
    responses: {
      '201': answer('Delivery starts.', { ...etag, ...located }, 'Registration'),
      '200': answer('It was registered like this before, or it was a dry run.', etag, 'Registration', 'DryRun'),
      ...refusals(...withBody, 409, 422),
    },
  },
  get: {
    operationId: 'listRegistrations',
    summary: 'Lists what is delivered',
    parameters: [version, ...page],
    responses: { '200': answer('A page of registrations.', {}, 'RegistrationList'), ...refusals() },
  },
} as const;

const resource = {
  get: {
    operationId: 'getRegistration',
    summary: 'Shows one registration and how it fares',
    parameters: aRegistration,
    responses: { '200': answer('The registration.', etag, 'Registration'), ...refusals(...named) },
  },
  put: {
    operationId: 'moveRegistration',
    summary: 'Delivers an event class to another destination from now on',
    description: 'What was collected before is still delivered to the destination before.',
    parameters: [...changeOfOne, parameter('DryRun')],
    requestBody: { required: true, content: content('DestinationRequest') },
    responses: {
      '200': answer('It goes there, or it was a dry run.', etag, 'Registration', 'DryRun'),
      ...refusals(...named, ...withBody, 409, 412, 422),
    },
  },
  delete: {
    operationId: 'endRegistration',
    summary: 'Stops the delivery of an event class',
    parameters: changeOfOne,
    requestBody: { required: false, content: content('EndRequest') },
    responses: { '204': answer('Delivery has stopped.'), ...refusals(...named, ...withBody, 412, 422) },
  },
} as const;

const switched = (operationId: string, summary: string, description: string) => ({
  post: {
    operationId,
    summary,
    description,
    parameters: changeOfOne,
    responses: {
      '200': answer('The registration as it is now.', etag, 'Registration'),
      ...refusals(...named, ...withBody, 412, 422),
    },
  },
});

/** The REST endpoint as OpenAPI 3.1. Requests are validated by the very schemas of this document. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Tributary registrations',
    version: apiVersion,
    description: 'Says which event classes are delivered, and to which Security Lake.',
  },
  servers: [{ url: '/' }],
  security: [{ ApiKey: [] }],
  paths: {
    [`${registrationsPath}/`]: collection,
    [one]: resource,
    [`${one}/pause`]: switched(
      'pauseRegistration',
      'Pauses the delivery of an event class',
      'From now on events are neither delivered nor kept. What was collected before is delivered.',
    ),
    [`${one}/resume`]: switched('resumeRegistration', 'Goes on with a paused delivery', 'Events from now on count.'),
    [`${one}/probe`]: {
      post: {
        operationId: 'probeRegistration',
        summary: 'Tries the destination out without writing to it',
        description: 'Assumes the role and asks the bucket, so the API key needs the scope write.',
        parameters: aRegistration,
        responses: {
          '200': answer('We could deliver.', {}, 'ProbeResult'),
          ...refusals(...named, ...withBody, 422),
        },
      },
    },
    [`${one}/deliveries`]: {
      get: {
        operationId: 'listDeliveries',
        summary: 'Lists what was delivered lately, newest first',
        parameters: [...aRegistration, ...page],
        responses: { '200': answer('A page of deliveries.', {}, 'DeliveryList'), ...refusals(...named) },
      },
    },
  },
  components: {
    securitySchemes: {
      ApiKey: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description:
          '`ApiKey <id>:<secret>`; the scheme in any case. GET needs a key of scope read, everything else one of scope write.',
      },
    },
    parameters: {
      ApiVersion: {
        name: 'api-version',
        in: 'header',
        required: true,
        schema: { type: 'string', enum: [apiVersion], default: apiVersion },
      },
      EventClass: { name: 'eventClass', in: 'path', required: true, schema: eventClass },
      Limit: {
        name: 'limit',
        in: 'query',
        schema: { type: 'integer', minimum: 1, maximum: listLimit.max, default: listLimit.default },
      },
      Cursor: {
        name: 'cursor',
        in: 'query',
        schema: { type: 'string' },
        description: 'The `next` of the page before.',
      },
      DryRun: {
        name: 'dryRun',
        in: 'query',
        schema: { type: 'boolean', default: false },
        description: 'true checks and tries everything, and changes nothing.',
      },
      IfMatch: {
        name: 'If-Match',
        in: 'header',
        schema: { type: 'string', maxLength: 256 },
        description: 'The ETag of the registration that is meant. When it has changed since: 412.',
      },
      IdempotencyKey: {
        name: 'Idempotency-Key',
        in: 'header',
        schema: { type: 'string', pattern: '^[A-Za-z0-9_:.-]{1,128}$' },
        description: 'The same key with the same request is answered alike for 24 hours, and done once.',
      },
    },
    schemas: bodies,
  },
} as const;
