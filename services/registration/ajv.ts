import { openapi } from '@tributary/schemas/rest/openapi.ts';
import type { MemberError } from '@tributary/schemas/rest/problems.ts';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { Problem } from './problem.ts';

type SchemaName = keyof typeof openapi.components.schemas;

const ajv = new Ajv2020({ allErrors: true, verbose: true, strictRequired: false });
ajv.addVocabulary(['x-must', 'components']);
ajv.addSchema({ components: { schemas: openapi.components.schemas } }, 'openapi');

/** A check of a body by a schema of the OpenAPI document; it throws one Problem that names every wrong member. */
export function bodyCheck(name: SchemaName): (body: unknown) => void {
  const validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
  return (body) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new Problem('malformed-json', 'The body must be one JSON object.');
    if (validate(body)) return;
    // The members that `anyOf` asks for are told by the error of `anyOf` itself.
    const errors = (validate.errors ?? []).filter(({ schemaPath }) => !/\/anyOf\/\d/.test(schemaPath)).map(memberError);
    throw new Problem('invalid-member', errors.map(({ detail }) => detail).join(' '), { errors });
  };
}

function memberError(error: ErrorObject): MemberError {
  const { keyword, params, instancePath } = error;
  if (keyword === 'additionalProperties') return named(params.additionalProperty as string, 'is not known');
  if (keyword === 'required') return named(params.missingProperty as string, 'is missing');
  if (keyword === 'anyOf') return named('roleARN', 'is missing');
  const must = (error.parentSchema as { 'x-must'?: string } | undefined)?.['x-must'];
  return named(instancePath.slice(1), `must ${must ?? 'be valid'}`);
}

/** Only what looks like a name is repeated: an answer isn't a place for whatever a body may hold. */
function named(member: string, what: string): MemberError {
  return /^[\w-]{1,64}$/.test(member)
    ? { pointer: `#/${member}`, detail: `${member} ${what}.` }
    : { pointer: '#', detail: `A member with an odd name ${what}.` };
}
