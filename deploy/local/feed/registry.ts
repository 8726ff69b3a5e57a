import { type EventClass, eventClassNames } from '@tributary/schemas/event-classes.ts';
import { activitySchema } from '@tributary/schemas/kafka/activity.ts';
import { type AgentFieldName, agentFields } from '@tributary/schemas/kafka/activity-fields.ts';
import { agentTopic } from '@tributary/schemas/kafka/topics.ts';
import avro from 'avsc';
import type { ActivityEncoder } from './feed.ts';
import type { ActivityFields } from './feed-record.ts';

/** Avro's long as bigint: a JavaScript number would change the agents' hash ids. */
export const longAsBigint = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
});

/** The Avro type of the activities of a class. */
export function avroTypeOf(eventClass: EventClass): avro.Type {
  return avro.Type.forSchema(activitySchema(eventClass) as unknown as avro.Schema, {
    registry: { long: longAsBigint },
  });
}

const longFields = new Set<string>(
  (Object.keys(agentFields) as AgentFieldName[]).filter((name) =>
    ['time', 'size', 'long-id'].includes(agentFields[name].type),
  ),
);

/** An activity as its Avro type takes it: with bigint for Avro's long. */
export function avroForm(activity: ActivityFields): Record<string, unknown> {
  const form: Record<string, unknown> = { ...activity };
  for (const name of Object.keys(form)) if (longFields.has(name)) form[name] = BigInt(form[name] as string | number);
  return form;
}

/** Confluent wire format: a zero byte, the schema's id, the Avro body. */
function wireFormat(schemaId: number, body: Buffer): Buffer {
  const value = Buffer.allocUnsafe(5 + body.length);
  value.writeUInt8(0, 0);
  value.writeUInt32BE(schemaId, 1);
  body.copy(value, 5);
  return value;
}

/**
 * Registers the Avro schema of each class as `<topic>-value`, as the agents' producers do, and answers the encoder.
 * The same schema keeps its id. `baseUrl` is that of the Confluent API.
 */
export async function registerActivitySchemas(baseUrl: string): Promise<ActivityEncoder> {
  const schemas = new Map<EventClass, { readonly id: number; readonly type: avro.Type }>();
  for (const eventClass of eventClassNames) {
    const id = await register(baseUrl, `${agentTopic(eventClass)}-value`, JSON.stringify(activitySchema(eventClass)));
    schemas.set(eventClass, { id, type: avroTypeOf(eventClass) });
  }
  return {
    encode(eventClass, activity) {
      const { id, type } = schemas.get(eventClass)!;
      return wireFormat(id, type.toBuffer(avroForm(activity)));
    },
    schemaIdOf: (eventClass) => schemas.get(eventClass)!.id,
  };
}

/** Source: Confluent, Schema Registry API: POST /subjects/(subject)/versions answers `{"id": …}`. */
async function register(baseUrl: string, subject: string, schema: string): Promise<number> {
  const answer = await fetch(`${baseUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`The schema registry at ${baseUrl} does not answer (${why}). Is the stack running?`);
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The schema registry refused the schema of ${subject} (${answer.status}): ${text}`);
  return (JSON.parse(text) as { id: number }).id;
}
