import { faults } from '../faults.ts';
import { destinationMembers, eventClass, moment, roleArn } from './members.ts';
import { problems } from './problems.ts';

const oneRole = [{ required: ['roleARN'] }, { required: ['roleArn'] }] as const;

const registrationRequest = {
  type: 'object',
  additionalProperties: false,
  properties: { eventClass, ...destinationMembers, roleArn },
  required: ['eventClass', 'providerAccountID', 'bucketName'],
  anyOf: oneRole,
} as const;

const destinationRequest = {
  type: 'object',
  additionalProperties: false,
  properties: { eventClass, ...destinationMembers, roleArn },
  required: ['providerAccountID', 'bucketName'],
  anyOf: oneRole,
} as const;

const endRequest = { type: 'object', additionalProperties: false, properties: { eventClass } } as const;

const count = { type: 'integer', minimum: 0 } as const;
const faultMembers = {
  fault: { type: 'string', enum: Object.keys(faults) },
  sentence: { type: 'string', description: 'What happened, and what to do.' },
} as const;

const status = {
  type: 'object',
  description: 'How delivery fares. Missing while it is not known.',
  additionalProperties: false,
  properties: {
    deliveredThrough: { ...moment, description: 'Every event that arrived up to this time is in the lake.' },
    lastDeliveredAt: moment,
    today: {
      type: 'object',
      description: 'Since midnight UTC.',
      additionalProperties: false,
      properties: { rows: count, bytes: count },
      required: ['rows', 'bytes'],
    },
    rejected: {
      type: 'object',
      description: 'Events that nobody can be given, with the last reasons.',
      additionalProperties: false,
      properties: {
        count,
        last: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { ...faultMembers, at: moment },
            required: ['fault', 'sentence', 'at'],
          },
        },
      },
      required: ['count', 'last'],
    },
    lastError: {
      type: 'object',
      additionalProperties: false,
      properties: { ...faultMembers, since: moment, nextTry: moment },
      required: ['fault', 'sentence', 'since'],
    },
  },
  required: ['today', 'rejected'],
} as const;

const registration = {
  type: 'object',
  additionalProperties: false,
  properties: {
    eventClass,
    ...destinationMembers,
    prefix: { type: 'string', description: 'The key prefix, without slashes at its ends.' },
    state: {
      type: 'string',
      enum: ['active', 'paused', 'failing', 'suspended'],
      description:
        'paused: events are neither delivered nor kept. failing: the lake refuses objects, they are kept and tried ' +
        'again. suspended: it has refused them for 14 days.',
    },
    created: moment,
    lastModified: moment,
    status,
  },
  required: ['eventClass', 'providerAccountID', 'bucketName', 'prefix', 'roleARN', 'state', 'created', 'lastModified'],
} as const;

const dryRun = {
  type: 'object',
  description: 'What would be, had the request not been a dry run.',
  additionalProperties: false,
  properties: {
    dryRun: { type: 'boolean', const: true },
    changes: { type: 'boolean', description: 'False when it is registered like this already.' },
    registration: { $ref: '#/components/schemas/Registration' },
  },
  required: ['dryRun', 'changes', 'registration'],
} as const;

const next = { type: 'string', description: 'Send it as `cursor` to get the next page. Missing on the last page.' };

const registrationList = {
  type: 'object',
  additionalProperties: false,
  properties: { registrations: { type: 'array', items: { $ref: '#/components/schemas/Registration' } }, next },
  required: ['registrations'],
} as const;

const delivery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    outcome: { type: 'string', enum: ['delivered', 'parked', 'dropped'] },
    bucketName: { type: 'string' },
    key: { type: 'string', description: 'The object’s key.' },
    rows: count,
    bytes: count,
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'Of the object’s bytes.' },
    from: { ...moment, description: 'Time of the earliest event.' },
    to: { ...moment, description: 'Time of the latest event.' },
    offsets: {
      type: 'object',
      description: 'Where its first and last row stood in our hand-off: rows never share a place.',
      additionalProperties: false,
      properties: { partition: count, first: count, last: count },
      required: ['partition', 'first', 'last'],
    },
    at: { ...moment, description: 'When it was written down.' },
    ...faultMembers,
  },
  required: ['outcome', 'rows', 'bytes', 'from', 'to', 'offsets', 'at'],
} as const;

const deliveryList = {
  type: 'object',
  additionalProperties: false,
  properties: { deliveries: { type: 'array', items: { $ref: '#/components/schemas/Delivery' } }, next },
  required: ['deliveries'],
} as const;

const probeResult = {
  type: 'object',
  additionalProperties: false,
  properties: { ok: { type: 'boolean', const: true }, at: moment },
  required: ['ok', 'at'],
} as const;

const problem = {
  type: 'object',
  additionalProperties: false,
  properties: {
    type: { type: 'string', enum: Object.keys(problems).map((code) => `urn:tributary:problem:${code}`) },
    title: { type: 'string', enum: [...new Set(Object.values(problems).map(({ title }) => title))] },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong, and the way out.' },
    pointer: { type: 'string', description: 'The wrong member of the body, such as #/prefix.' },
    errors: {
      type: 'array',
      description: 'Every wrong member, when there are several.',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
        required: ['pointer', 'detail'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail'],
} as const;

/** Every body of the REST endpoint, by its name in the OpenAPI document. */
export const bodies = {
  RegistrationRequest: registrationRequest,
  DestinationRequest: destinationRequest,
  EndRequest: endRequest,
  Registration: registration,
  DryRun: dryRun,
  RegistrationList: registrationList,
  Delivery: delivery,
  DeliveryList: deliveryList,
  ProbeResult: probeResult,
  Problem: problem,
} as const;
