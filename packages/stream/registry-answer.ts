import { Fault } from '@tributary/schemas/faults.ts';

/** What a registry answers about a schema, as far as it is checked here. */
export interface SchemaAnswer {
  readonly schema: string;
}

/** The answers with which a registry says that it is this id, and nothing else, that it can't serve. */
const refusals = [400, 404, 422];

/**
 * Judges the answer to a look-up of a schema by the Confluent API (docs.confluent.io, Schema Registry API Reference).
 * Whoever stands before a registry (a proxy, a login page, a gateway) may answer anything with any status. So only a
 * JSON object with a schema is one, and only a refusal with the registry's own `error_code` is about the id
 * (`unknown-schema-id`). All else is an outage, `schema-registry-unavailable`: it must never reject an event for good.
 */
export function judgeAnswer(status: number, body: string): SchemaAnswer {
  const answer = parsed(body);
  if (status === 200 && typeof answer.schema === 'string') return answer as unknown as SchemaAnswer;
  const code = answer.error_code;
  // The code 404 (not 40403) says that the path is unknown: the address is not that of a registry.
  if (refusals.includes(status) && Number.isInteger(code) && code !== 404)
    throw new Fault('unknown-schema-id', `error_code ${code}`);
  const what = status === 200 ? 'no schema in the answer' : `status ${status}`;
  throw new Fault('schema-registry-unavailable', what);
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return value instanceof Object ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
