import { eventClassNames } from '../event-classes.ts';
import { problems } from './problems.ts';

/** The path of the one resource. A trailing slash may be missing or there. */
export const registrationsPath = '/api/registrations';

/** The only version of the API; the value of the `api-version` header. */
export const apiVersion = 'v1';

/** Most bytes of a request's body. */
export const bodyBytesMax = 16_384;

/** How many registrations a list answers at once, when not asked and at most. */
export const listLimit = { default: 25, max: 100 } as const;

const eventClass = {
  type: 'string',
  enum: eventClassNames,
  description: 'The event class that is delivered.',
  'x-must': `be one of ${eventClassNames.join(', ')}`,
} as const;

// AWS API model securitylake 2018-05-10 and IAM: an account is 12 digits; a role's name has up to 64 characters of
// [\w+=,.@-], its path up to 512 and no empty part.
const roleARN = {
  type: 'string',
  maxLength: 2048,
  pattern: '^arn:aws:iam::[0-9]{12}:role/(?:[A-Za-z0-9_+=,.@-]{1,510}/){0,20}[A-Za-z0-9_+=,.@-]{1,64}$',
  description:
    'The role that CreateCustomLogSource answered. It must trust our AWS account with your account id as external id.',
  'x-must': 'be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/AmazonSecurityLake-Provider-…',
} as const;

const destinationMembers = {
  providerAccountID: {
    type: 'string',
    pattern: '^[0-9]{12}$',
    description: 'The AWS account of the lake.',
    'x-must': 'be a string of 12 digits',
  },
  bucketName: {
    type: 'string',
    // Amazon S3, bucket naming rules.
    pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    description: 'The bucket of the lake in the AWS region of this endpoint: aws-security-data-lake-<region>-….',
    'x-must': 'be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens',
  },
  prefix: {
    type: 'string',
    minLength: 1,
    maxLength: 1024,
    description:
      'Where the custom source keeps its objects: its name, ext/<name>/[<version>/] or the whole s3:// location. ' +
      'When missing, it follows from the name of the role.',
    'x-must': 'be a text of 1 to 1024 characters',
  },
  roleARN,
} as const;

const registrationRequest = {
  type: 'object',
  additionalProperties: false,
  properties: {
    eventClass,
    ...destinationMembers,
    roleArn: { ...roleARN, description: 'Another spelling of roleARN.', deprecated: true },
  },
  required: ['eventClass', 'providerAccountID', 'bucketName'],
  anyOf: [{ required: ['roleARN'] }, { required: ['roleArn'] }],
} as const;

const endRequest = {
  type: 'object',
  additionalProperties: false,
  properties: { eventClass },
} as const;

const registration = {
  type: 'object',
  additionalProperties: false,
  properties: {
    eventClass,
    ...destinationMembers,
    prefix: { type: 'string', description: 'The key prefix, without slashes at its ends.' },
    state: { type: 'string', enum: ['active'] },
    created: { type: 'string', description: 'RFC 3339, UTC.' },
    lastModified: { type: 'string', description: 'RFC 3339, UTC.' },
  },
  required: ['eventClass', 'providerAccountID', 'bucketName', 'prefix', 'roleARN', 'state', 'created', 'lastModified'],
} as const;

const registrationList = {
  type: 'object',
  additionalProperties: false,
  properties: {
    registrations: { type: 'array', items: { $ref: '#/components/schemas/Registration' } },
    next: { type: 'string', description: 'Send it as `cursor` to get the next page. Missing on the last page.' },
  },
  required: ['registrations'],
} as const;

const problem = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string', enum: Object.values(problems).map(({ title }) => title) },
    status: { type: 'integer' },
    detail: { type: 'string' },
    pointer: { type: 'string', description: 'The wrong member of the body, such as #/prefix.' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
} as const;

const json = (schema: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } });
const answers = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: Object.values(problems)
          .filter((known) => known.status === status)
          .map(({ title }) => title)
          .join('; '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );

const version = { $ref: '#/components/parameters/ApiVersion' } as const;

/** The REST endpoint as OpenAPI 3.1. Requests are validated by the very schemas of this document. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Tributary registrations', version: apiVersion },
  security: [{ ApiKey: [] }],
  paths: {
    [`${registrationsPath}/`]: {
      post: {
        operationId: 'register',
        summary: 'Starts the delivery of an event class',
        parameters: [version],
        requestBody: { required: true, content: json('RegistrationRequest') },
        responses: {
          '201': { description: 'Delivery starts.', content: json('Registration') },
          '200': { description: 'It was registered like this before.', content: json('Registration') },
          ...answers(400, 401, 403, 409, 413, 415, 503),
        },
      },
      get: {
        operationId: 'listRegistrations',
        summary: 'Lists what is delivered',
        parameters: [
          version,
          {
            name: 'limit',
            in: 'query',
            schema: { type: 'integer', minimum: 1, maximum: listLimit.max, default: listLimit.default },
          },
          { name: 'cursor', in: 'query', schema: { type: 'string' }, description: 'The `next` of the page before.' },
        ],
        responses: {
          '200': { description: 'A page of registrations.', content: json('RegistrationList') },
          ...answers(400, 401, 403, 503),
        },
      },
    },
    [`${registrationsPath}/{eventClass}`]: {
      delete: {
        operationId: 'endRegistration',
        summary: 'Stops the delivery of an event class',
        parameters: [version, { name: 'eventClass', in: 'path', required: true, schema: eventClass }],
        requestBody: { required: false, content: json('EndRequest') },
        responses: { '204': { description: 'Delivery has stopped.' }, ...answers(400, 401, 403, 404, 413, 503) },
      },
    },
  },
  components: {
    securitySchemes: {
      ApiKey: {
        type: 'apiKey',
        in: 'header',
        name: 'Authorization',
        description: '`ApiKey <id>:<secret>`; the scheme in any case.',
      },
    },
    parameters: {
      ApiVersion: { name: 'api-version', in: 'header', required: true, schema: { type: 'string', enum: [apiVersion] } },
    },
    schemas: {
      RegistrationRequest: registrationRequest,
      EndRequest: endRequest,
      Registration: registration,
      RegistrationList: registrationList,
      Problem: problem,
    },
  },
} as const;
